//! As much of the iSCSI protocol (RFC 7143) as it takes to see who logs in to what, to turn a login away, and to
//! answer a discovery session.
//!
//! Digests never occur here: they begin after the login phase at the earliest, and a discovery session is told
//! "None".

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The length of a basic header segment.
const HEADER: usize = 48;
/// The most data that is taken in one PDU: the default of MaxRecvDataSegmentLength is 8 KiB.
const MOST_DATA: usize = 64 * 1024;

/// Opcodes of an initiator, and those of the answers.
pub(super) mod opcode {
    pub(in super::super) const NOP_OUT: u8 = 0x00;
    pub(in super::super) const LOGIN: u8 = 0x03;
    pub(in super::super) const TEXT: u8 = 0x04;
    pub(in super::super) const LOGOUT: u8 = 0x06;
    pub(in super::super) const NOP_IN: u8 = 0x20;
    pub(in super::super) const LOGIN_RESPONSE: u8 = 0x23;
    pub(in super::super) const TEXT_RESPONSE: u8 = 0x24;
    pub(in super::super) const LOGOUT_RESPONSE: u8 = 0x26;
}

/// Byte 1 of login and text PDUs: the last of its stage.
pub(super) const FINAL: u8 = 0x80;
/// Byte 1: the text goes on in the next PDU.
pub(super) const CONTINUE: u8 = 0x40;
/// The tag that stands for none.
pub(super) const NO_TAG: u32 = 0xffff_ffff;

/// Why a login is turned away: status class and detail (RFC 7143, 11.13.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginStatus {
    InitiatorError,
    AuthenticationFailure,
    Forbidden,
    TargetNotFound,
    MissingParameter,
    ServiceUnavailable,
}

impl LoginStatus {
    fn code(self) -> u16 {
        match self {
            LoginStatus::InitiatorError => 0x0200,
            LoginStatus::AuthenticationFailure => 0x0201,
            LoginStatus::Forbidden => 0x0202,
            LoginStatus::TargetNotFound => 0x0203,
            LoginStatus::MissingParameter => 0x0207,
            LoginStatus::ServiceUnavailable => 0x0301,
        }
    }
}

/// One PDU: header and data, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pdu {
    pub(super) header: [u8; HEADER],
    pub(super) data: Vec<u8>,
}

impl Pdu {
    /// Reads one PDU, and leaves the bytes as they came in `raw`. `None`: the peer closed the connection before it.
    pub(super) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        raw: &mut Vec<u8>,
    ) -> io::Result<Option<Pdu>> {
        raw.clear();
        raw.resize(HEADER, 0);
        if stream.read(&mut raw[..1]).await? == 0 {
            return Ok(None);
        }
        stream.read_exact(&mut raw[1..]).await?;
        let mut header = [0; HEADER];
        header.copy_from_slice(raw);
        let additional = usize::from(header[4]) * 4;
        let length =
            usize::from(header[5]) << 16 | usize::from(header[6]) << 8 | usize::from(header[7]);
        if length > MOST_DATA {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a PDU with {length} bytes of data"),
            ));
        }
        raw.resize(HEADER + additional + length.next_multiple_of(4), 0);
        stream.read_exact(&mut raw[HEADER..]).await?;
        let data = raw[HEADER + additional..][..length].to_vec();
        Ok(Some(Pdu { header, data }))
    }

    /// An answer to `request`: its tag, and command numbers that allow one more command.
    pub(super) fn answer(request: &Pdu, opcode: u8, stat_sn: u32, data: Vec<u8>) -> Pdu {
        let mut header = [0; HEADER];
        header[0] = opcode;
        header[16..20].copy_from_slice(&request.header[16..20]);
        header[24..28].copy_from_slice(&stat_sn.to_be_bytes());
        let expected = request
            .command_number()
            .wrapping_add(u32::from(!request.is_immediate()));
        header[28..32].copy_from_slice(&expected.to_be_bytes());
        header[32..36].copy_from_slice(&expected.wrapping_add(1).to_be_bytes());
        Pdu { header, data }
    }

    /// A login response that ends the login.
    pub(super) fn refuse_login(request: &Pdu, status: LoginStatus) -> Pdu {
        let mut answer = Pdu::answer(request, opcode::LOGIN_RESPONSE, 0, Vec::new());
        // The stage the initiator is in, no transition; versions are 0 in both directions. ISID and TSIH as they came.
        answer.header[1] = request.header[1] & 0x0c;
        answer.header[8..16].copy_from_slice(&request.header[8..16]);
        answer.header[36..38].copy_from_slice(&status.code().to_be_bytes());
        answer
    }

    /// The bytes on the wire.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.header.to_vec();
        let length = (self.data.len() as u32).to_be_bytes();
        bytes[4] = 0;
        bytes[5..8].copy_from_slice(&length[1..]);
        bytes.extend_from_slice(&self.data);
        bytes.resize(HEADER + self.data.len().next_multiple_of(4), 0);
        bytes
    }

    pub(super) fn opcode(&self) -> u8 {
        self.header[0] & 0x3f
    }

    /// Is the final bit of a login or text PDU set?
    pub(super) fn is_final(&self) -> bool {
        self.header[1] & FINAL != 0
    }

    /// Does the text go on in the next PDU?
    pub(super) fn continues(&self) -> bool {
        self.header[1] & CONTINUE != 0
    }

    /// A tag: 16 for the initiator's, 20 for the target's.
    pub(super) fn tag(&self, at: usize) -> u32 {
        self.word(at)
    }

    fn is_immediate(&self) -> bool {
        self.header[0] & 0x40 != 0
    }

    fn command_number(&self) -> u32 {
        self.word(24)
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_be_bytes([
            self.header[at],
            self.header[at + 1],
            self.header[at + 2],
            self.header[at + 3],
        ])
    }

    /// The `key=value` pairs of the data. What is not of that form is left out.
    pub(super) fn text(&self) -> impl Iterator<Item = (&str, &str)> {
        self.data
            .split(|byte| *byte == 0)
            .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
    }

    /// The value of a key.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.text()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }
}

/// The text of a PDU from its pairs.
pub(super) fn encode_text<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut data = Vec::new();
    for (key, value) in pairs {
        data.extend_from_slice(key.as_bytes());
        data.push(b'=');
        data.extend_from_slice(value.as_bytes());
        data.push(0);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &[(&str, &str)]) -> Pdu {
        let mut header = [0; HEADER];
        header[0] = 0x40 | opcode::LOGIN;
        header[1] = FINAL | 0x01;
        header[8..14].copy_from_slice(&[0x80, 1, 2, 3, 4, 5]);
        header[16..20].copy_from_slice(&0x1234_5678_u32.to_be_bytes());
        header[24..28].copy_from_slice(&77_u32.to_be_bytes());
        Pdu {
            header,
            data: encode_text(text.iter().copied()),
        }
    }

    #[tokio::test]
    async fn a_pdu_survives_the_wire_and_its_padding() {
        for name in ["a", "ab", "abc", "abcd"] {
            let pdu = login(&[("InitiatorName", name), ("TargetName", "iqn.x:y")]);
            let bytes = pdu.encode();
            assert_eq!(bytes.len() % 4, 0);
            let (mut stream, mut raw) = (&bytes[..], Vec::new());
            let read = Pdu::read(&mut stream, &mut raw).await.unwrap().unwrap();
            assert_eq!(
                (read.value("InitiatorName"), read.value("TargetName")),
                (Some(name), Some("iqn.x:y"))
            );
            assert_eq!(raw, bytes, "what is passed on must be what came");
            assert!(Pdu::read(&mut stream, &mut raw).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn an_additional_header_is_no_data() {
        let mut bytes = login(&[("k", "v")]).encode();
        bytes[4] = 1;
        bytes.splice(HEADER..HEADER, [9, 9, 9, 9]);
        let (mut stream, mut raw) = (&bytes[..], Vec::new());
        let read = Pdu::read(&mut stream, &mut raw).await.unwrap().unwrap();
        assert_eq!(read.value("k"), Some("v"));
    }

    #[tokio::test]
    async fn a_pdu_that_promises_too_much_is_an_error() {
        let mut bytes = login(&[]).encode();
        bytes[5] = 0xff;
        Pdu::read(&mut &bytes[..], &mut Vec::new())
            .await
            .unwrap_err();
        Pdu::read(&mut &bytes[..20], &mut Vec::new())
            .await
            .unwrap_err();
    }

    #[test]
    fn a_refusal_names_status_tag_and_session() {
        let refusal = Pdu::refuse_login(&login(&[]), LoginStatus::TargetNotFound).encode();
        assert_eq!(refusal[0], 0x23);
        assert_eq!(refusal[1] & FINAL, 0);
        assert_eq!(refusal[36..38], [2, 3]);
        assert_eq!(refusal[16..20], 0x1234_5678_u32.to_be_bytes());
        assert_eq!(refusal[8..14], [0x80, 1, 2, 3, 4, 5]);
        assert_eq!(
            refusal[28..32],
            77_u32.to_be_bytes(),
            "an immediate PDU uses no command number"
        );
    }
}

//! The discovery session: a login without authentication, `SendTargets`, and the end.
//!
//! The front answers it itself, because what a `tgtd` would say (its own address, one target) is of no use to a host.
//! As on the appliance, every target is shown to everybody; what an initiator may not see are LUNs.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::pdu::{CONTINUE, FINAL, LoginStatus, NO_TAG, Pdu, encode_text, opcode};

/// The last stage of a login, as it is numbered in the flags.
const FULL_FEATURE: u8 = 3;
/// The target transfer tag of an answer that is not complete.
const MORE: u32 = 1;
/// RFC 7143, 13.12: what an initiator takes in one PDU unless it says otherwise.
const DEFAULT_SEGMENT: usize = 8192;

/// Serves a discovery session whose first login request has been read. `targets` gives name and address in pairs.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    first: Pdu,
    targets: &[(String, String)],
) -> io::Result<()> {
    let mut session = Session {
        stat_sn: 0,
        segment: DEFAULT_SEGMENT,
        rest: Vec::new(),
    };
    let mut raw = Vec::new();
    let mut request = first;
    loop {
        let (answer, goes_on) = session.answer(&request, targets)?;
        stream.write_all(&answer.encode()).await?;
        if !goes_on {
            return stream.shutdown().await;
        }
        request = match Pdu::read(stream, &mut raw).await? {
            Some(request) => request,
            None => return Ok(()),
        };
    }
}

struct Session {
    stat_sn: u32,
    /// The most data that the initiator takes in one PDU.
    segment: usize,
    /// What is left of an answer that was too long for one PDU.
    rest: Vec<u8>,
}

impl Session {
    /// The answer to one PDU, and whether the session goes on after it.
    fn answer(&mut self, request: &Pdu, targets: &[(String, String)]) -> io::Result<(Pdu, bool)> {
        let stat_sn = self.stat_sn;
        self.stat_sn = self.stat_sn.wrapping_add(1);
        match request.opcode() {
            opcode::LOGIN => Ok(self.login(request, stat_sn)),
            opcode::TEXT => Ok((self.text(request, stat_sn, targets), true)),
            opcode::NOP_OUT => {
                let mut answer =
                    Pdu::answer(request, opcode::NOP_IN, stat_sn, request.data.clone());
                answer.header[1] = FINAL;
                answer.header[20..24].copy_from_slice(&NO_TAG.to_be_bytes());
                Ok((answer, true))
            }
            opcode::LOGOUT => {
                let mut answer = Pdu::answer(request, opcode::LOGOUT_RESPONSE, stat_sn, Vec::new());
                answer.header[1] = FINAL;
                Ok((answer, false))
            }
            other => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("opcode {other:#x} during discovery"),
            )),
        }
    }

    fn login(&mut self, request: &Pdu, stat_sn: u32) -> (Pdu, bool) {
        let stage = request.header[1] >> 2 & 3;
        let next = request.header[1] & 3;
        if let Some(length) = request
            .value("MaxRecvDataSegmentLength")
            .and_then(|value| value.parse().ok())
        {
            self.segment = usize::clamp(length, 512, 1 << 20);
        }
        let mut agreed = Vec::new();
        for (key, value) in request.text() {
            if key == "AuthMethod" && !value.split(',').any(|method| method == "None") {
                return (
                    Pdu::refuse_login(request, LoginStatus::AuthenticationFailure),
                    false,
                );
            }
            agreed.extend(agree(key).map(|answer| (key, answer)));
        }
        let mut answer = Pdu::answer(
            request,
            opcode::LOGIN_RESPONSE,
            stat_sn,
            encode_text(agreed),
        );
        // The initiator's wish to move on is granted, whatever stage it is in.
        answer.header[1] = if request.is_final() {
            FINAL | stage << 2 | next
        } else {
            stage << 2
        };
        answer.header[8..14].copy_from_slice(&request.header[8..14]);
        if request.is_final() && next == FULL_FEATURE {
            // The session's handle: not zero, and there is one session per connection.
            answer.header[15] = 1;
        }
        (answer, true)
    }

    fn text(&mut self, request: &Pdu, stat_sn: u32, targets: &[(String, String)]) -> Pdu {
        if request.tag(20) == NO_TAG {
            let wanted = request.value("SendTargets").unwrap_or_default();
            let shown = targets
                .iter()
                .filter(|(name, _)| wanted == "All" || wanted == name);
            self.rest = encode_text(shown.flat_map(|(name, address)| {
                [
                    ("TargetName", name.as_str()),
                    ("TargetAddress", address.as_str()),
                ]
            }));
        }
        let later = self.rest.split_off(self.rest.len().min(self.segment));
        let mut answer = Pdu::answer(
            request,
            opcode::TEXT_RESPONSE,
            stat_sn,
            std::mem::replace(&mut self.rest, later),
        );
        let (flags, tag) = if self.rest.is_empty() {
            (FINAL, NO_TAG)
        } else {
            (CONTINUE, MORE)
        };
        answer.header[1] = flags;
        answer.header[20..24].copy_from_slice(&tag.to_be_bytes());
        answer
    }
}

/// The answer to a key of the login, if it has one.
fn agree(key: &str) -> Option<&'static str> {
    match key {
        // Declarations of the initiator.
        "InitiatorName"
        | "InitiatorAlias"
        | "SessionType"
        | "TargetName"
        | "MaxRecvDataSegmentLength" => None,
        "AuthMethod" | "HeaderDigest" | "DataDigest" => Some("None"),
        "ErrorRecoveryLevel" | "DefaultTime2Retain" => Some("0"),
        "DefaultTime2Wait" => Some("2"),
        "IFMarker" | "OFMarker" => Some("No"),
        // These have a meaning in sessions that carry SCSI commands only.
        "MaxConnections"
        | "InitialR2T"
        | "ImmediateData"
        | "MaxBurstLength"
        | "FirstBurstLength"
        | "MaxOutstandingR2T"
        | "DataPDUInOrder"
        | "DataSequenceInOrder" => Some("Irrelevant"),
        _ => Some("NotUnderstood"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(op: u8, flags: u8, tag: u32, text: &[(&str, &str)]) -> Pdu {
        let mut header = [0; 48];
        header[0] = 0x40 | op;
        header[1] = flags;
        header[20..24].copy_from_slice(&tag.to_be_bytes());
        Pdu {
            header,
            data: encode_text(text.iter().copied()),
        }
    }

    fn session() -> Session {
        Session {
            stat_sn: 0,
            segment: DEFAULT_SEGMENT,
            rest: Vec::new(),
        }
    }

    #[test]
    fn a_login_is_led_to_its_end() {
        let login = request(
            opcode::LOGIN,
            FINAL | 1 << 2 | 3,
            0,
            &[("HeaderDigest", "CRC32C,None"), ("X-odd", "1")],
        );
        let (answer, goes_on) = session().answer(&login, &[]).unwrap();
        assert!(goes_on && answer.is_final());
        assert_eq!(answer.value("HeaderDigest"), Some("None"));
        assert_eq!(answer.value("X-odd"), Some("NotUnderstood"));
        assert_ne!(
            answer.header[14..16],
            [0, 0],
            "the full feature phase has a session handle"
        );
    }

    #[test]
    fn an_initiator_that_insists_on_chap_is_turned_away() {
        let login = request(opcode::LOGIN, FINAL | 1, 0, &[("AuthMethod", "CHAP")]);
        let (answer, goes_on) = session().answer(&login, &[]).unwrap();
        assert!(!goes_on);
        assert_eq!(answer.header[36..38], [2, 1]);
    }

    #[test]
    fn a_long_answer_comes_in_pieces() {
        let targets: Vec<(String, String)> = (0..300)
            .map(|n| {
                (
                    format!("iqn.1986-03.com.sun:02:{n:040}"),
                    "127.0.0.1:3260,1".to_owned(),
                )
            })
            .collect();
        let mut session = session();
        let mut all = Vec::new();
        let mut tag = NO_TAG;
        loop {
            let text: &[(&str, &str)] = if tag == NO_TAG {
                &[("SendTargets", "All")]
            } else {
                &[]
            };
            let (answer, _) = session
                .answer(&request(opcode::TEXT, FINAL, tag, text), &targets)
                .unwrap();
            assert!(answer.data.len() <= DEFAULT_SEGMENT);
            all.extend_from_slice(&answer.data);
            assert_eq!(answer.is_final(), !answer.continues());
            if answer.is_final() {
                break;
            }
            tag = answer.tag(20);
            assert_ne!(tag, NO_TAG);
        }
        let all = Pdu {
            header: [0; 48],
            data: all,
        };
        assert_eq!(
            all.text().filter(|(key, _)| *key == "TargetName").count(),
            300
        );
    }

    #[test]
    fn one_target_can_be_asked_for() {
        let targets = [
            ("iqn.a".to_owned(), "1".to_owned()),
            ("iqn.b".to_owned(), "2".to_owned()),
        ];
        let asked = request(opcode::TEXT, FINAL, NO_TAG, &[("SendTargets", "iqn.b")]);
        let (answer, _) = session().answer(&asked, &targets).unwrap();
        assert_eq!(
            answer.text().collect::<Vec<_>>(),
            [("TargetName", "iqn.b"), ("TargetAddress", "2")]
        );
    }
}

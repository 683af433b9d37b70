//! SCSI commands of a host to a LUN.

use zfssa::scope::Scope;

use crate::verify::iscsi::session::{End, Reply, Session, Transfer};

/// Most unit attentions that one command may meet.
const ATTENTIONS: usize = 10;

const UNIT_ATTENTION: u8 = 6;

/// Bytes of an answer to INQUIRY or REPORT LUNS that are read at most.
const ANSWER: usize = 4096;

/// Reason that some commands have no result.
#[derive(Debug)]
pub enum Fault {
    End(End),
    /// The target answered otherwise than with success.
    Reply(Reply),
    /// The LUN at the number is not the one that the run created.
    Foreign,
}

impl From<End> for Fault {
    fn from(end: End) -> Fault {
        Fault::End(end)
    }
}

/// Result of READ CAPACITY (16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub blocks: u64,
    pub block_size: u32,
    /// Size of a physical block.
    pub physical: u32,
    /// Whether the LUN reports thin provisioning.
    pub is_thin: bool,
}

/// A session on the way to one command after the other.
pub struct Disk<'a> {
    pub session: &'a mut Session,
    pub scope: &'a Scope,
}

/// An answer, and the sense of the first unit attention before it.
pub struct Answered {
    pub reply: Reply,
    pub data: Vec<u8>,
    pub attention: Option<Reply>,
}

impl Disk<'_> {
    /// Sends a command, and repeats it after unit attentions, which tell of an event.
    fn send(&mut self, number: u32, cdb: &[u8], read: usize) -> Result<Answered, End> {
        let mut attention = None;
        for _ in 0..ATTENTIONS {
            let transfer = match read {
                0 => Transfer::None,
                length => Transfer::In(length),
            };
            let (reply, data) = self.session.command(number, cdb, transfer, self.scope)?;
            if !matches!(reply, Reply::Sense(UNIT_ATTENTION, _)) {
                return Ok(Answered {
                    reply,
                    data,
                    attention,
                });
            }
            attention = attention.or(Some(reply));
        }
        Err(End::Lost)
    }

    /// TEST UNIT READY.
    pub fn test(&mut self, number: u32) -> Result<Answered, End> {
        self.send(number, &[0; 6], 0)
    }

    /// The LU numbers that REPORT LUNS lists.
    pub fn numbers(&mut self) -> Result<Vec<u32>, Fault> {
        let mut cdb = [0; 12];
        cdb[0] = 0xa0;
        cdb[6..10].copy_from_slice(&(ANSWER as u32).to_be_bytes());
        let answered = self.send(0, &cdb, ANSWER)?;
        Ok(listed_numbers(&answered.good()?))
    }

    /// A page of vital product data; empty if there is none.
    pub fn page(&mut self, number: u32, page: u8) -> Result<Vec<u8>, Fault> {
        let mut cdb = [0x12, 1, page, 0, 0, 0];
        cdb[3..5].copy_from_slice(&(ANSWER as u16).to_be_bytes());
        let data = self.send(number, &cdb, ANSWER)?.good()?;
        // A target may answer INQUIRY for a number without a LUN; no page is that of a LUN then.
        Ok(match data[0] >> 5 == 0 && data[1] == page {
            true => page_content(&data),
            false => Vec::new(),
        })
    }

    /// The capacity, and the sense of the first unit attention before it.
    pub fn capacity(&mut self, number: u32) -> Result<(Capacity, Option<Reply>), Fault> {
        let mut cdb = [0; 16];
        cdb[0] = 0x9e;
        cdb[1] = 0x10;
        cdb[13] = 32;
        let answered = self.send(number, &cdb, 32)?;
        let attention = answered.attention;
        Ok((capacity_of(&answered.good()?), attention))
    }

    /// Reads `count` blocks from `block` on.
    pub fn read(
        &mut self,
        number: u32,
        block: u64,
        count: u32,
        block_size: u32,
    ) -> Result<Vec<u8>, Fault> {
        let length = (count * block_size) as usize;
        self.send(number, &of_blocks(0x88, block, count), length)?
            .good()
    }

    /// Writes whole blocks from `block` on.
    pub fn write(
        &mut self,
        number: u32,
        block: u64,
        bytes: &[u8],
        block_size: u32,
    ) -> Result<(), Fault> {
        let cdb = of_blocks(0x8a, block, bytes.len() as u32 / block_size);
        for _ in 0..ATTENTIONS {
            let out = Transfer::Out(bytes.to_vec());
            let (reply, _) = self.session.command(number, &cdb, out, self.scope)?;
            match reply {
                Reply::Good => return Ok(()),
                Reply::Sense(UNIT_ATTENTION, _) => {}
                other => return Err(Fault::Reply(other)),
            }
        }
        Err(End::Lost.into())
    }

    /// Refuses to go on if the LUN at a number is not the one with this `lunguid`.
    pub fn must_be(&mut self, number: u32, guid: &str) -> Result<(), Fault> {
        match has_guid(&self.identifiers(number)?, guid) {
            true => Ok(()),
            false => Err(Fault::Foreign),
        }
    }

    /// The NAA identifiers of the LUN at a number; none if there is no LUN.
    pub fn identifiers(&mut self, number: u32) -> Result<Vec<String>, Fault> {
        Ok(naa_of(&self.page(number, 0x83)?))
    }
}

/// Whether the identifiers of a LUN contain a `lunguid`.
pub fn has_guid(identifiers: &[String], guid: &str) -> bool {
    identifiers.iter().any(|naa| naa.eq_ignore_ascii_case(guid))
}

impl Answered {
    fn good(self) -> Result<Vec<u8>, Fault> {
        match self.reply {
            Reply::Good => Ok(self.data),
            other => Err(Fault::Reply(other)),
        }
    }
}

/// READ (16) or WRITE (16).
fn of_blocks(code: u8, block: u64, count: u32) -> [u8; 16] {
    let mut cdb = [0; 16];
    cdb[0] = code;
    cdb[2..10].copy_from_slice(&block.to_be_bytes());
    cdb[10..14].copy_from_slice(&count.to_be_bytes());
    cdb
}

/// The content of a page after its header, as far as it was read.
fn page_content(data: &[u8]) -> Vec<u8> {
    let length = u16::from_be_bytes([data[2], data[3]]) as usize;
    data[4..].iter().take(length).copied().collect()
}

/// The numbers in an answer to REPORT LUNS, in peripheral or flat addressing.
fn listed_numbers(data: &[u8]) -> Vec<u32> {
    let length = u32::from_be_bytes([data[0], data[1], data[2], data[3]]) as usize;
    let entries = data[8..].chunks_exact(8).take(length / 8);
    entries
        .filter_map(|entry| match entry[0] >> 6 {
            0 => Some(u32::from(entry[1])),
            1 => Some(u32::from(u16::from_be_bytes([entry[0] & 0x3f, entry[1]]))),
            _ => None,
        })
        .collect()
}

fn capacity_of(data: &[u8]) -> Capacity {
    let last = data[..8]
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let block_size = u32::from_be_bytes([data[8], data[9], data[10], data[11]]);
    Capacity {
        blocks: last.saturating_add(1),
        block_size,
        physical: block_size
            .checked_shl(u32::from(data[13] & 15))
            .unwrap_or(0),
        is_thin: data[14] & 0x80 != 0,
    }
}

/// The NAA identifiers of the LUN in page 0x83, as upper-case hexadecimal digits. There may be
/// several, such as one that is unique in the target only.
fn naa_of(page: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let [codes, kind, _, length, after @ ..] = rest {
        let Some((identifier, others)) = after.split_at_checked(usize::from(*length)) else {
            break;
        };
        // A binary identifier of the LUN, of type NAA.
        if codes & 15 == 1 && kind & 0x3f == 3 {
            let digits = identifier.iter().map(|byte| format!("{byte:02X}"));
            found.push(digits.collect());
        }
        rest = others;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_forms_are_read() {
        let mut data = vec![0; 64];
        data[3] = 24;
        data[9] = 7;
        data[16] = 0x41;
        data[17] = 2;
        data[24] = 0xc0;
        assert_eq!(listed_numbers(&data), [7, 0x102]);
    }

    #[test]
    fn the_identifiers_of_the_lun_are_found_among_others() {
        let port = [0x51, 0x93, 0, 2, 9, 9];
        let lun = [0x01, 0x03, 0, 3, 0x60, 0x01, 0xab];
        let page = [&port[..], &lun[..]].concat();
        assert_eq!(naa_of(&page), ["6001AB"]);
        assert!(has_guid(&naa_of(&page), "6001ab"));
        assert!(naa_of(&port).is_empty());
        assert!(naa_of(&lun[..5]).is_empty());
    }

    #[test]
    fn the_capacity_counts_the_last_block() {
        let mut data = vec![0; 32];
        data[6] = 1;
        data[7] = 0xff;
        data[10] = 2;
        data[13] = 3;
        data[14] = 0x80;
        let expected = Capacity {
            blocks: 512,
            block_size: 512,
            physical: 4096,
            is_thin: true,
        };
        assert_eq!(capacity_of(&data), expected);
    }
}

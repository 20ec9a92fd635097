//! One line of a journal: `1c291ca3 {"…": …}`.

use serde::Serialize;

/// Eight hexadecimal digits and a blank.
const HEAD: usize = 9;

/// The line of a record. JSON has no bare line feed, so the line ends where it seems to.
pub fn encode(record: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = vec![0; HEAD];
    serde_json::to_writer(&mut line, record)?;
    let head = head(&line[HEAD..]);
    line[..HEAD].copy_from_slice(&head);
    line.push(b'\n');
    Ok(line)
}

/// The JSON of a line that is whole: with its line feed, and as its checksum says.
pub fn decode(line: &[u8]) -> Option<&[u8]> {
    let (found, json) = line.strip_suffix(b"\n")?.split_at_checked(HEAD)?;
    // The very digits, so that no bit of the head may change unseen.
    (found == head(json)).then_some(json)
}

fn head(json: &[u8]) -> [u8; HEAD] {
    let mut head = [b' '; HEAD];
    let sum = crc32fast::hash(json);
    for (place, digit) in head[..8].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(sum >> (28 - 4 * place) & 0xf) as usize];
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32 (ISO-HDLC), from the catalogue of parametrised CRC algorithms.
    #[test]
    fn the_checksum_is_the_common_crc_32() {
        assert_eq!(&head(b"123456789"), b"cbf43926 ");
    }

    #[test]
    fn a_line_reads_back_and_no_other_bit_pattern_does() {
        let line = encode(&serde_json::json!({"q": "a\nb", "r": [0.1, null]})).unwrap();
        assert_eq!(decode(&line).unwrap(), br#"{"q":"a\nb","r":[0.1,null]}"#);
        for place in 0..line.len() {
            for bit in 0..8 {
                let mut flipped = line.clone();
                flipped[place] ^= 1 << bit;
                assert_eq!(decode(&flipped), None, "byte {place}, bit {bit}");
            }
            assert_eq!(decode(&line[..place]), None, "the first {place} bytes");
        }
    }
}

use serde_json::{Value, json};

use super::*;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("law.journal")
    }

    fn open(&self, identity: Value) -> Result<(Journal, Vec<Value>)> {
        let mut kept = Vec::new();
        let journal = Journal::open(&self.path(), &Identity::new(identity), |record| kept.push(record))?;
        Ok((journal, kept))
    }

    /// A journal with these records, as bytes.
    fn written(&self, records: &[Value]) -> Vec<u8> {
        let (journal, _) = self.open(identity()).unwrap();
        records.iter().for_each(|record| journal.append(record).unwrap());
        drop(journal);
        fs::read(self.path()).unwrap()
    }

    /// What is kept of these bytes.
    fn kept(&self, bytes: &[u8]) -> Result<Vec<Value>> {
        fs::write(self.path(), bytes).unwrap();
        self.open(identity()).map(|(_, kept)| kept)
    }
}

fn identity() -> Value {
    json!({"verifier": {"type": "length", "words": 200}, "data": "3f"})
}

fn records() -> Vec<Value> {
    vec![json!({"q_id": 1, "rewards": [0.25, null]}), json!({"q_id": "ä\n", "rewards": []}), json!([0.1, 1e-300])]
}

#[test]
fn records_read_back_in_order_and_more_can_follow() {
    let place = Place::new();
    place.written(&records());
    let (journal, kept) = place.open(identity()).unwrap();
    assert_eq!(kept, records());
    journal.append(&json!(4)).unwrap();
    drop(journal);
    let (_, kept) = place.open(identity()).unwrap();
    assert_eq!((kept.len(), &kept[3]), (4, &json!(4)));
}

#[test]
fn a_journal_torn_at_any_byte_keeps_every_whole_record_and_takes_more() {
    let place = Place::new();
    let whole = place.written(&records());
    let ends: Vec<usize> = (0..whole.len()).filter(|&place| whole[place] == b'\n').map(|end| end + 1).collect();
    for length in 0..=whole.len() {
        let before = ends.iter().filter(|end| **end <= length).count();
        let kept = place.kept(&whole[..length]).unwrap();
        // The first line is the header.
        assert_eq!(kept, records()[..before.saturating_sub(1)], "torn at byte {length}");
        let (journal, _) = place.open(identity()).unwrap();
        journal.append(&json!("more")).unwrap();
        drop(journal);
        let (_, kept) = place.open(identity()).unwrap();
        assert_eq!(kept.last(), Some(&json!("more")), "torn at byte {length}");
        assert_eq!(kept.len(), before.saturating_sub(1) + 1);
    }
}

#[test]
fn zeros_that_a_power_cut_leaves_at_the_end_are_cut_off() {
    let place = Place::new();
    let mut bytes = place.written(&records());
    bytes.extend([0; 5000]);
    assert_eq!(place.kept(&bytes).unwrap(), records());
}

#[test]
fn a_bit_that_flips_before_the_last_record_is_an_error_with_file_and_offset() {
    let place = Place::new();
    let whole = place.written(&records());
    let lines: Vec<usize> =
        std::iter::once(0).chain((0..whole.len()).filter(|&at| whole[at] == b'\n').map(|end| end + 1)).collect();
    let last = lines[lines.len() - 2];
    // The last line feed before the last record is left alone: without it the last record is torn, too.
    for at in 0..last - 1 {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let start = lines.iter().rev().find(|start| **start <= at).unwrap();
        let message = place.kept(&flipped).unwrap_err().to_string();
        assert!(message.contains("law.journal is damaged"), "bit of byte {at}: {message}");
        assert!(message.contains(&format!("at byte {start},")), "bit of byte {at}: {message}");
        assert_eq!(fs::read(place.path()).unwrap(), flipped, "a damaged journal is left as it is");
    }
}

#[test]
fn another_identity_is_refused_with_what_differs_and_the_journal_left_alone() {
    let place = Place::new();
    let before = place.written(&records());
    let other = json!({"verifier": {"type": "length", "words": 100}, "data": "3f"});
    let message = place.open(other).unwrap_err().to_string();
    assert!(message.contains("law.journal is of another job"), "{message}");
    assert!(message.contains("\n  verifier.words: it was 200, and is 100 now\n"), "{message}");
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn a_journal_without_records_is_no_ones() {
    let place = Place::new();
    drop(place.open(identity()).unwrap());
    assert!(!place.path().exists());
    let header = line::encode(&json!({"journal": 1, "identity": {"a": 1}})).unwrap();
    assert_eq!(place.kept(&header).unwrap(), [Value::Null; 0]);
}

#[test]
fn a_record_of_another_program_is_told_with_its_offset() {
    let place = Place::new();
    let header = line::encode(&json!({"journal": 2, "identity": {}})).unwrap();
    assert!(place.kept(&header).unwrap_err().to_string().contains("version is 2"));
    fs::remove_file(place.path()).unwrap();
    place.written(&[json!("text")]);
    let numbers = Journal::open(&place.path(), &Identity::new(identity()), |_: u32| {});
    let message = numbers.unwrap_err().to_string();
    let offset = line::encode(&json!({"journal": 1, "identity": identity()})).unwrap().len();
    assert!(message.contains(&format!("byte {offset} ")) && message.contains("expected u32"), "{message}");
}

#[test]
fn a_journal_that_is_open_is_refused_to_others_until_it_is_dropped() {
    let place = Place::new();
    let (journal, _) = place.open(identity()).unwrap();
    journal.append(&1).unwrap();
    let message = place.open(identity()).unwrap_err().to_string();
    assert!(message.contains("another process is at work on") && message.contains("law.journal"), "{message}");
    drop(journal);
    assert_eq!(place.open(identity()).unwrap().1, [json!(1)]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let place = Place::new();
    let path = place.0.path().join("no/law.journal");
    let message = Journal::open(&path, &Identity::new(identity()), |_: u32| {}).unwrap_err().to_string();
    assert!(message.contains("could not open the journal") && message.contains("no/law.journal"), "{message}");
}

#[test]
fn after_a_write_that_fails_nothing_more_is_written() {
    let place = Place::new();
    place.written(&records());
    let (journal, _) = place.open(identity()).unwrap();
    let kept = fs::read(place.path()).unwrap();
    // A file that is open for reading only takes nothing, as a full disk does.
    journal.state().file = File::open(place.path()).unwrap();
    let message = journal.append(&1).unwrap_err().to_string();
    assert!(message.contains("could not write the journal") && message.contains("law.journal"), "{message}");
    journal.state().file = OpenOptions::new().append(true).open(place.path()).unwrap();
    assert!(journal.append(&2).unwrap_err().to_string().contains("earlier"));
    assert_eq!(fs::read(place.path()).unwrap(), kept);
}

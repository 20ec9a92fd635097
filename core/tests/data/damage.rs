//! Whatever bytes a file holds, reading it ends in rows or in an error that names the file; never in a panic.

use proptest::prelude::*;

use crate::{fixture, reward_rows, test_rows};

const TEST_FILES: [&str; 10] = [
    "test/polars.parquet",
    "test/duckdb.parquet",
    "test/pages_v2.parquet",
    "test/codec_lz4.parquet",
    "test/codec_brotli.parquet",
    "test/codec_none.parquet",
    "test/row_groups.parquet",
    "test/python.json",
    "test/duckdb_array.json.zst",
    "test/duckdb.jsonl.gz",
];
const REWARD_FILES: [&str; 5] = [
    "rewards/half.parquet",
    "rewards/nan.parquet",
    "rewards/decimal.parquet",
    "rewards/nan_reward.json",
    "rewards/nan.jsonl",
];

/// A change of a file's bytes.
#[derive(Clone, Debug)]
enum Damage {
    Set { at: prop::sample::Index, byte: u8 },
    Cut { at: prop::sample::Index },
    Remove { at: prop::sample::Index },
    Double { at: prop::sample::Index },
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Set { at, byte } => *at.get_mut(bytes) = *byte,
            Self::Cut { at } => bytes.truncate(at.index(bytes.len())),
            Self::Remove { at } => drop(bytes.remove(at.index(bytes.len()))),
            Self::Double { at } => {
                let at = at.index(bytes.len());
                bytes.insert(at, bytes[at]);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let one = prop_oneof![
        12 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set { at, byte }),
        1 => at().prop_map(|at| Damage::Cut { at }),
        2 => at().prop_map(|at| Damage::Remove { at }),
        2 => at().prop_map(|at| Damage::Double { at }),
    ];
    prop::collection::vec(one, 1..6)
}

/// The outcome of reading a fixture with these changes: an error must name the file.
fn read(name: &str, damage: &[Damage]) -> Result<(), TestCaseError> {
    let original = fixture(name);
    let mut bytes = std::fs::read(&original).unwrap();
    damage.iter().for_each(|damage| damage.apply(&mut bytes));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(original.file_name().unwrap());
    std::fs::write(&path, &bytes).unwrap();
    let error = if name.starts_with("rewards") { reward_rows(&path).err() } else { test_rows(&path).err() };
    if let Some(message) = error.map(|error| error.to_string()) {
        prop_assert!(message.contains(path.to_str().unwrap()), "does not name the file: {}", message);
    }
    Ok(())
}

/// Also the bytes that chance seldom hits, those of the index at the end of a Parquet file.
#[test]
fn no_single_wrong_byte_panics() {
    let name = "rewards/half.parquet";
    let bytes = std::fs::read(fixture(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.parquet");
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x81;
        std::fs::write(&path, damaged).unwrap();
        if let Err(error) = reward_rows(&path) {
            refused += 1;
            assert!(error.to_string().contains("half.parquet"), "{at}: {error}");
        }
    }
    assert!(refused > bytes.len() / 3, "{refused} of {} changes were noticed", bytes.len());
}

proptest! {
    #[test]
    fn a_damaged_test_set_never_panics(index in 0..TEST_FILES.len(), damage in damage()) {
        read(TEST_FILES[index], &damage)?;
    }

    #[test]
    fn a_damaged_reward_file_never_panics(index in 0..REWARD_FILES.len(), damage in damage()) {
        read(REWARD_FILES[index], &damage)?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{},:\"\\\\NaInfity0-9.eE \n-]{0,60}") {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.json", "a.jsonl", "a.parquet"] {
            let path = folder.path().join(name);
            std::fs::write(&path, &text).unwrap();
            if let Err(error) = reward_rows(&path) {
                prop_assert!(error.to_string().contains(name));
            }
        }
    }
}

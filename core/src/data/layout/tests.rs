use proptest::prelude::*;

use super::*;

fn found(files: &[&str], card: Option<&str>) -> Result<Vec<(String, Vec<String>)>, LayoutError> {
    let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    Ok(categories(&files, card)?.into_iter().map(|entry| (entry.category.to_string(), entry.files)).collect())
}

/// The layout as `law: a b; math: c`, or the error.
fn layout(files: &[&str], card: Option<&str>) -> String {
    match found(files, card) {
        Ok(found) => {
            found.iter().map(|(name, files)| format!("{name}: {}", files.join(" "))).collect::<Vec<_>>().join("; ")
        }
        Err(error) => error.to_string(),
    }
}

fn named(files: &[&str]) -> String {
    layout(files, None)
}

fn card(configs: &str) -> String {
    format!("---\nlicense: apache-2.0\nsize_categories:\n- 1K<n<10K\n{configs}\n---\n# A data set\n")
}

#[test]
fn plain_files_are_their_categories_in_the_papers_order() {
    assert_eq!(named(&["math.json", "law.json", "README.md"]), "law: law.json; math: math.json");
    assert_eq!(named(&["data/math.jsonl", "data/zoo.jsonl.gz"]), "math: data/math.jsonl; zoo: data/zoo.jsonl.gz");
    assert_eq!(named(&["law.json", "data/math.json"]), "law: law.json");
}

#[test]
fn test_and_train_are_categories_of_these_names() {
    assert_eq!(named(&["test.json", "train.parquet"]), "test: test.json; train: train.parquet");
}

#[test]
fn reward_files_name_the_category_that_they_are_of() {
    assert_eq!(
        named(&["law_reward.json", "computer_science_reward.parquet"]),
        "law: law_reward.json; computer_science: computer_science_reward.parquet"
    );
    assert_eq!(
        named(&["law.parquet", "law_reward.json"]),
        "both law.parquet and law_reward.json claim to hold the category law: keep one of them there"
    );
}

#[test]
fn parquet_is_preferred_then_jsonl_then_json_and_plain_before_compressed() {
    assert_eq!(named(&["law.json", "law.parquet", "math.json"]), "law: law.parquet; math: math.json");
    assert_eq!(named(&["law.json", "law.jsonl", "law.json.gz"]), "law: law.jsonl");
    assert_eq!(named(&["law.json.gz", "law.json"]), "law: law.json");
    assert_eq!(named(&["law.json", "law-00000-of-00001.parquet"]), "law: law-00000-of-00001.parquet");
}

#[test]
fn shards_come_in_order_wherever_they_lie() {
    let wanted = "law: data/law-00000-of-00002.parquet data/law-00001-of-00002.parquet; math: data/math.parquet";
    assert_eq!(
        named(&["data/math.parquet", "data/law-00001-of-00002.parquet", "data/law-00000-of-00002.parquet"]),
        wanted
    );
}

#[test]
fn a_missing_shard_is_named() {
    let message = named(&["data/law-00000-of-00003.parquet", "data/law-00002-of-00003.parquet"]);
    assert!(message.contains("data/law-00001-of-00003 is missing") && message.contains("category law"), "{message}");
    let message = named(&["law-00001-of-00002.json"]);
    assert!(message.contains("law-00000-of-00002 is missing"), "{message}");
    let message = named(&["law-00000-of-4294967295.parquet"]);
    assert!(message.contains("law-00001-of-4294967295 is missing"), "{message}");
}

#[test]
fn leftovers_of_an_earlier_upload_are_refused() {
    for files in [
        ["law-00000-of-00001.parquet", "law-00000-of-00002.parquet"],
        ["law-00000-of-00001-0123456789abcdef.parquet", "law-00000-of-00001-fedcba9876543210.parquet"],
        ["law.parquet", "law-00000-of-00001.parquet"],
    ] {
        let message = named(&files);
        assert!(message.contains("claim to hold the category law"), "{message}");
    }
}

#[test]
fn folders_are_categories() {
    assert_eq!(
        named(&["law/0001.parquet", "law/0000.parquet", "math/x.parquet"]),
        "law: law/0000.parquet law/0001.parquet; math: math/x.parquet"
    );
    assert_eq!(named(&["data/law/b.json", "data/law/a.json"]), "law: data/law/a.json data/law/b.json");
    assert_eq!(named(&["law/10.parquet", "law/9.parquet"]), "law: law/9.parquet law/10.parquet");
    assert_eq!(named(&["law/a.json", "law/a.parquet"]), "law: law/a.parquet");
}

#[test]
fn a_stray_file_does_not_hide_numbered_data() {
    assert_eq!(named(&["example.json", "law/0000.parquet"]), "law: law/0000.parquet");
    assert_eq!(named(&["law.json", "old/law.json"]), "law: law.json");
    assert_eq!(named(&["config.json", "state.json", "data/law.json"]), "law: data/law.json");
}

#[test]
fn the_converted_branch_holds_configs_with_split_folders() {
    assert_eq!(
        named(&[
            "other/law/0000.parquet",
            "default/law/0001.parquet",
            "default/law/0000.parquet",
            "default/math/0000.parquet"
        ]),
        "law: default/law/0000.parquet default/law/0001.parquet; math: default/math/0000.parquet"
    );
    assert_eq!(named(&["b/test/0000.parquet", "a/test/0000.parquet"]), "test: a/test/0000.parquet");
    assert_eq!(
        named(&["main/test-00000-of-00001.parquet", "socratic/test-00000-of-00001.parquet"]),
        "test: main/test-00000-of-00001.parquet"
    );
}

#[test]
fn no_data_is_an_error_that_shows_the_forms() {
    for files in [&["README.md", ".gitattributes", "law.csv"][..], &[], &["a/b/c/d/law.json"]] {
        let message = named(files);
        assert!(message.contains("holds data") && message.contains("{category}.parquet"), "{message}");
    }
}

#[test]
fn the_card_of_the_papers_sets_names_one_file_a_split() {
    let card = card(
        "configs:\n- config_name: default\n  data_files:\n  - split: math\n    path: math.json\n  - split: law\n    path: law.json",
    );
    assert_eq!(layout(&["law.json", "math.json", "other.json"], Some(&card)), "law: law.json; math: math.json");
}

#[test]
fn a_card_may_write_paths_in_every_form() {
    let files = [
        "data/law-00001-of-00002.parquet",
        "data/law-00000-of-00002.parquet",
        "data/README.md",
        "x/math.json",
        "x/deep/math2.json",
    ];
    let law = "data/law-00000-of-00002.parquet data/law-00001-of-00002.parquet";
    for (data_files, wanted) in [
        ("\n  - split: law\n    path: data/law-*\n", format!("law: {law}")),
        ("\n  - split: law\n    path: data/**\n", format!("law: {law}")),
        ("\n  - split: law\n    path: [data/law-*, ./x/math.json]\n", format!("law: {law} x/math.json")),
        ("\n  - split: all\n    path: \"**\"\n", format!("all: {law} x/deep/math2.json x/math.json")),
        ("\n    law: data/law-*.parquet\n    math:\n    - x/math.json\n", format!("law: {law}; math: x/math.json")),
        (" data/law-*.parquet\n", format!("law: {law}")),
        ("\n  - data/law-*.parquet\n", format!("law: {law}")),
    ] {
        let card = card(&format!("configs:\n- config_name: default\n  data_files:{data_files}"));
        assert_eq!(layout(&files, Some(&card)), wanted, "{data_files}");
    }
}

#[test]
fn paths_without_split_names_are_named_by_themselves() {
    let card = card("configs:\n- config_name: default\n  data_files: [law.json, b/math.json]");
    assert_eq!(layout(&["law.json", "other.json", "b/math.json"], Some(&card)), "law: law.json");
}

#[test]
fn of_several_configs_the_marked_one_is_taken_then_default_then_the_first() {
    let files = ["a.json", "b.json"];
    let one = |name: &str, file: &str, rest: &str| {
        format!("- config_name: {name}\n{rest}  data_files:\n  - split: test\n    path: {file}\n")
    };
    let pick = |configs: &[String]| layout(&files, Some(&card(&format!("configs:\n{}", configs.concat()))));
    assert_eq!(pick(&[one("x", "a.json", ""), one("y", "b.json", "")]), "test: a.json");
    assert_eq!(pick(&[one("x", "a.json", ""), one("default", "b.json", "")]), "test: b.json");
    assert_eq!(pick(&[one("default", "a.json", ""), one("y", "b.json", "  default: true\n")]), "test: b.json");
}

#[test]
fn data_dir_is_where_patterns_and_names_start() {
    let files = ["law.json", "v2/law.json", "v2/math.json"];
    let bare = card("configs:\n- config_name: default\n  data_dir: ./v2/");
    assert_eq!(layout(&files, Some(&bare)), "law: v2/law.json; math: v2/math.json");
    let split =
        card("configs:\n- config_name: default\n  data_dir: v2\n  data_files:\n  - split: law\n    path: l*.json");
    assert_eq!(layout(&files, Some(&split)), "law: v2/law.json");
}

#[test]
fn a_card_without_configs_leaves_it_to_the_names() {
    for text in [
        "",
        "# No YAML",
        "---\nlicense: mit\n---\n",
        "---\nconfigs:\n---\n",
        "---\nconfigs: []\n---\n",
        "---\nunclosed: 1\n",
    ] {
        assert_eq!(layout(&["law.json"], Some(text)), "law: law.json", "{text:?}");
    }
    assert_eq!(layout(&["law.json"], Some(&card("configs:\n- config_name: default"))), "law: law.json");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_read() {
    let card =
        format!("\u{feff}{}", card("configs:\n- config_name: default\n  data_files: law.json").replace('\n', "\r\n"));
    assert_eq!(layout(&["law.json", "math.json"], Some(&card)), "law: law.json");
}

#[test]
fn a_file_that_only_the_card_knows_is_named() {
    let card = card("configs:\n- config_name: default\n  data_files:\n  - split: law\n    path: data/law-*.parquet");
    let message = layout(&["law.json"], Some(&card));
    assert!(message.contains("\"data/law-*.parquet\"") && message.contains("README.md"), "{message}");
}

#[test]
fn a_file_in_a_format_that_is_not_read_is_named() {
    for path in ["law.csv", "\"*.csv\""] {
        let card = card(&format!("configs:\n- config_name: default\n  data_files: {path}"));
        let message = layout(&["law.csv"], Some(&card));
        assert!(message.contains("\"law.csv\"") && message.contains("Parquet"), "{message}");
    }
}

#[test]
fn a_card_that_cannot_be_understood_is_an_error_that_shows_the_form() {
    for configs in [
        "configs: 7",
        "configs: [",
        "configs:\n- config_name: x\n  data_files: {split: {a: b}}",
        "configs:\n- config_name: x\n  data_files:\n  - split: a\n    path: a.json\n  - split: a\n    path: b.json",
        "configs:\n- config_name: x\n  data_files:\n  - split: a\n    path: a.json\n  - b.json",
    ] {
        let message = layout(&["a.json", "b.json"], Some(&card(configs)));
        assert!(message.contains("README.md") && message.contains("`data_files`"), "{configs}: {message}");
    }
}

#[test]
fn a_missing_shard_of_a_declared_split_is_named() {
    let card = card("configs:\n- config_name: default\n  data_files:\n  - split: law\n    path: data/law-*");
    let message = layout(&["data/law-00000-of-00002.parquet"], Some(&card));
    assert!(message.contains("data/law-00001-of-00002 is missing"), "{message}");
}

#[test]
fn a_name_with_brackets_is_first_of_all_a_name() {
    let card = card("configs:\n- config_name: default\n  data_files:\n  - split: law\n    path: law[1].json");
    assert_eq!(layout(&["law[1].json", "law1.json"], Some(&card)), "law: law[1].json");
}

proptest! {
    #[test]
    fn the_order_of_the_listing_means_nothing(
        (shuffled, plain) in proptest::collection::btree_set("(data/|law/|)(law|math|zoo)(-0000[0-2]-of-0000[1-3])?\\.(json|parquet)", 1..8)
            .prop_map(|set| set.into_iter().collect::<Vec<String>>())
            .prop_flat_map(|plain| (Just(plain.clone()).prop_shuffle(), Just(plain)))
    ) {
        let one = categories(&shuffled, None);
        let other = categories(&plain, None);
        match (one, other) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (one, other) => prop_assert!(one.is_err() && other.is_err()),
        }
    }

    #[test]
    fn every_file_that_is_found_was_given_once(
        files in proptest::collection::hash_set("([a-c]/){0,3}[a-c]{1,2}\\.(json|parquet|csv)", 0..12)
    ) {
        let files: Vec<String> = files.into_iter().collect();
        if let Ok(found) = categories(&files, None) {
            let mut paths: Vec<String> = found.into_iter().flat_map(|entry| entry.files).collect();
            let count = paths.len();
            paths.sort();
            paths.dedup();
            prop_assert_eq!(paths.len(), count);
            prop_assert!(paths.iter().all(|path| files.contains(path)));
        }
    }
}

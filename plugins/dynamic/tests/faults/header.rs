//! `touchstone.h` and `touchstone_dynamic::table` are one contract: a C compiler is asked about every size, offset, type and
//! constant, and what only one side has is found.

use std::collections::BTreeSet;
use std::ffi::{c_char, c_void};
use std::fmt::Write;

use touchstone_dynamic::table;

use super::compile::{compile, compiler, include};

/// A struct of the table.
struct Struct {
    name: &'static str,
    size: usize,
    align: usize,
    fields: Vec<Field>,
}

struct Field {
    name: &'static str,
    offset: usize,
    size: usize,
    /// Its type, as Rust writes it.
    rust: &'static str,
}

fn field<S, F>(name: &'static str, offset: usize, _: fn(&S) -> &F) -> Field {
    Field { name, offset, size: size_of::<F>(), rust: std::any::type_name::<F>() }
}

macro_rules! structs {
    ($($name:ident { $($field:ident),* })*) => {
        vec![$(Struct {
            name: stringify!($name),
            size: size_of::<table::$name>(),
            align: align_of::<table::$name>(),
            fields: vec![$(field(
                stringify!($field),
                std::mem::offset_of!(table::$name, $field),
                |of: &table::$name| &of.$field,
            )),*],
        }),*]
    };
}

fn structs() -> Vec<Struct> {
    structs! {
        Text { data, length }
        TextSink { sink, put }
        RangeSink { sink, put }
        RewardSink { sink, put }
        CompletionSink { sink, put }
        Draw { seed, sequence, position }
        Made { plugin, instance }
        Context { data, retain, release, cancelled, start, advance, finish, plugins, make, templates }
        Plugin {
            kind, threads, name, version, schema, check, open, close, aggregate, split, sample, scope, score_question,
            score_all, generate, chat, key, gold, extract
        }
        Library { abi_version, plugin_count, plugins }
    }
}

macro_rules! constants {
    ($($name:ident)*) => { vec![$((stringify!($name), i128::from(table::$name))),*] };
}

fn constants() -> Vec<(&'static str, i128)> {
    constants! {
        ABI_VERSION DONE FAILED CANCELLED ANY_THREAD ONE_AT_A_TIME SCOPE_COT SCOPE_QUESTION VERIFIER STEP_SPLITTER
        AGGREGATOR SAMPLER GENERATOR ANSWER_EQUIVALENCE ANSWER_EXTRACTOR UNKNOWN_TOTAL
    }
}

/// A type of the table as C writes it.
fn in_c(rust: &str) -> String {
    if let Some(function) = rust.strip_prefix("core::option::Option<unsafe extern \"C\" fn(") {
        let (arguments, result) = function.trim_end_matches('>').rsplit_once(')').unwrap();
        let result = result.strip_prefix(" -> ").map_or("void".to_owned(), in_c);
        let arguments: Vec<String> = arguments.split(", ").filter(|one| !one.is_empty()).map(in_c).collect();
        return format!("{result} (*)({})", arguments.join(", "));
    }
    if let Some(pointee) = rust.strip_prefix("*const ") {
        return format!("const {} *", in_c(pointee));
    }
    if let Some(pointee) = rust.strip_prefix("*mut ") {
        return format!("{} *", in_c(pointee));
    }
    if let Some(name) = rust.strip_prefix("touchstone_dynamic::table::") {
        return format!("Touchstone{name}");
    }
    let known = [
        ("u32", "uint32_t"),
        ("i32", "int32_t"),
        ("u64", "uint64_t"),
        ("usize", "size_t"),
        ("f32", "float"),
        ("f64", "double"),
        (std::any::type_name::<c_char>(), "char"),
        (std::any::type_name::<c_void>(), "void"),
    ];
    known.iter().find(|(name, _)| *name == rust).unwrap_or_else(|| panic!("no C for {rust}")).1.to_owned()
}

/// Compiles a file that holds this, by these arguments.
fn accepted(code: &str, file: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, code).unwrap();
    compile(compiler().args(arguments).arg("-fsyntax-only").arg(path));
}

#[test]
fn c_finds_every_field_where_rust_has_it_and_of_the_same_type() {
    let mut code = String::from("#include \"touchstone.h\"\n");
    let mut claim =
        |claim: String| writeln!(code, "_Static_assert({claim}, \"the table and touchstone.h differ\");").unwrap();
    for Struct { name, size, align, fields } in structs() {
        claim(format!("sizeof(Touchstone{name}) == {size} && _Alignof(Touchstone{name}) == {align}"));
        for Field { name: field, offset, size, rust } in fields {
            claim(format!("offsetof(Touchstone{name}, {field}) == {offset}"));
            claim(format!("sizeof(((Touchstone{name} *)0)->{field}) == {size}"));
            let kind = in_c(rust);
            claim(format!("_Generic(((Touchstone{name} *)0)->{field}, {kind}: 1, default: 0)"));
        }
    }
    for (name, value) in constants() {
        claim(format!("TOUCHSTONE_{name} == {value}u"));
    }
    let entry = in_c(&format!("core::option::Option<{}>", std::any::type_name::<table::Entry>()));
    claim(format!("_Generic(&{}, {entry}: 1, default: 0)", table::SYMBOL));
    accepted(&code, "table.c", &["-std=c11"]);
}

/// So a field that only one side has makes its struct larger than the fields here, which both sides are held against.
#[test]
fn the_fields_fill_their_structs() {
    for Struct { name, size, fields, .. } in structs() {
        assert_eq!(fields.iter().map(|field| field.size).sum::<usize>(), size, "{name}");
    }
}

/// The words that follow `start` on the lines that begin with it.
fn declared<'a>(text: &'a str, start: &str) -> BTreeSet<&'a str> {
    let name = |rest: &'a str| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
    text.lines().filter_map(|line| line.strip_prefix(start)).filter_map(name).collect()
}

#[test]
fn no_struct_or_constant_is_on_one_side_only() {
    let header = std::fs::read_to_string(include().join("touchstone.h")).unwrap();
    let rust = include_str!("../../src/table.rs");
    let ours: BTreeSet<_> = constants().iter().map(|(name, _)| *name).collect();
    let mut macros = declared(&header, "#define TOUCHSTONE_");
    for no_constant in ["H", "EXPORT", "LITERAL"] {
        assert!(macros.remove(no_constant), "{no_constant}");
    }
    assert_eq!(macros, ours, "touchstone.h");
    let mut constants = declared(rust, "pub const ");
    assert!(constants.remove("SYMBOL"));
    constants.remove("fn");
    assert_eq!(constants, ours, "table.rs");
    let ours: BTreeSet<_> = structs().iter().map(|one| one.name).collect();
    assert_eq!(declared(rust, "pub struct "), ours, "table.rs");
    let mut structs = declared(&header, "typedef struct Touchstone");
    structs.extend(declared(&header, "struct Touchstone"));
    assert_eq!(structs, ours, "touchstone.h");
}

const PLUGIN: &str = "#include \"touchstone.h\"
static const TouchstoneText name = TOUCHSTONE_LITERAL(\"x\");
int32_t failed(const TouchstoneTextSink *failure);
int32_t failed(const TouchstoneTextSink *failure) { return touchstone_fail(failure, name.data); }
";

#[test]
fn the_header_is_c99_and_c11_and_cpp() {
    for standard in ["-std=c99", "-std=c11"] {
        accepted(PLUGIN, "plugin.c", &[standard, "-pedantic"]);
    }
    accepted(PLUGIN, "plugin.cpp", &["-x", "c++", "-std=c++11", "-pedantic"]);
}

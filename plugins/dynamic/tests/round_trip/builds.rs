//! Libraries that were built otherwise, or that cannot be: other compilers and profiles, names that are taken.

use touchstone::{Aggregator, PluginKind, PluginSpec, Registry};
use touchstone_dynamic::load::load;

use crate::build::{Build, PLAIN, other};
use crate::program::{context, library, registry, verifier, work};

#[test]
fn a_library_of_another_compiler_profile_and_edition_loads_and_works() {
    let build = other();
    if build.toolchain.is_none() {
        eprintln!("no nightly toolchain is here: another profile and edition are tried, but not another compiler");
    }
    let mut registry = Registry::builtin();
    load(&mut registry, &build.library()).unwrap();
    let average = registry.make(&PluginSpec::<dyn Aggregator>::named("average")).unwrap();
    assert_eq!(average.aggregate(&[Some(0.25), None]).unwrap(), 0.375);
    let other = touchstone::Context::new(registry);
    let scored = |context| verifier("equations", context).unwrap().score_question(context, &work()[0]).unwrap();
    assert_eq!(scored(&other), scored(&context()));
    let message = verifier("faulty{at_first=panic}", &other).err().unwrap().to_string();
    assert!(message.contains("it panicked: there are 3 legs"), "{message}");
}

#[test]
fn the_same_types_work_linked_into_a_program() {
    // The crate's own tests find its plugins by their names, as a program does that it is linked into.
    let output = Build { arguments: &["test", "--lib"], ..PLAIN }.run();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn a_library_that_would_end_the_program_when_it_panics_cannot_be_built() {
    // What `panic = "abort"` in a profile makes of the author's crate.
    let arguments = &["rustc", "--lib", "--", "-C", "panic=abort"];
    let output = Build { name: "abort", arguments, ..PLAIN }.run();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("build with panic = \"unwind\""), "{message}");
}

#[test]
fn a_name_that_the_program_has_is_refused_with_both_places() {
    let arguments = &["build", "--features", "taken_name"];
    let library = Build { name: "taken_name", arguments, ..PLAIN }.library();
    let mut registry = Registry::builtin();
    let message = load(&mut registry, &library).unwrap_err().to_string();
    for part in ["\"mean\"", "touchstone-aggregators", &library.display().to_string(), "version 1.2.3"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(registry.libraries().count(), 0);
}

#[test]
fn a_copy_of_a_library_is_refused_and_the_same_library_again_is_not() {
    let copy = library().with_file_name("copy.so");
    std::fs::copy(library(), &copy).unwrap();
    let mut registry = registry();
    let message = load(&mut registry, &copy).unwrap_err().to_string();
    for part in ["\"average\"", &library().display().to_string(), &copy.display().to_string()] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let before = registry.plugins().count();
    load(&mut registry, library()).unwrap();
    assert_eq!(registry.plugins().count(), before);
    assert!(registry.describe(PluginKind::Aggregator, "average").is_ok());
    std::fs::remove_file(copy).unwrap();
}

//! The files of a project in C.

use touchstone::Templates;

use super::{File, Project, ProjectError, library_file, render, skeleton, values};

/// The project's files: the headers come with it, so that nothing else is needed.
pub(super) fn files(project: &Project) -> Result<Vec<File>, ProjectError> {
    let skeleton = skeleton::of(project.kind);
    let mut templates = Templates::new();
    templates.add("c/Makefile", include_str!("../../../../templates/plugin/c/Makefile.jinja"))?;
    templates.add("c/README.md", include_str!("../../../../templates/plugin/c/README.md.jinja"))?;
    templates.add("c/gitignore", include_str!("../../../../templates/plugin/c/gitignore.jinja"))?;
    templates.add("c/test_start.c", include_str!("../../../../templates/plugin/c/test_start.c.jinja"))?;
    templates.add("c/test_end.c", include_str!("../../../../templates/plugin/c/test_end.c.jinja"))?;
    templates.add("c/plugin.c", skeleton.c)?;
    templates.add("c/plugin_test.c", skeleton.c_test)?;
    let values = values(project);
    let rendered = |path: String, template: &str| render(&templates, template, &values).map(|text| File { path, text });
    let header = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let name = &project.name;
    Ok(vec![
        rendered(format!("{name}.c"), "c/plugin.c")?,
        rendered(format!("{name}_test.c"), "c/plugin_test.c")?,
        header("touchstone.h", include_str!("../../include/touchstone.h")),
        header("touchstone_json.h", include_str!("../../include/touchstone_json.h")),
        rendered("Makefile".to_owned(), "c/Makefile")?,
        rendered("README.md".to_owned(), "c/README.md")?,
        rendered(".gitignore".to_owned(), "c/gitignore")?,
    ])
}

/// The library that `make` makes.
pub(super) fn library(project: &Project) -> String {
    library_file(&project.name)
}

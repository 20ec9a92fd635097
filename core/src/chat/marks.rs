//! Marks in templates that print nothing.

/// The template without the tags by which `transformers` marks what the assistant says (`{% generation %}` and its end).
/// They print nothing. Comments stand in their place, so that the marks for white space around them keep their meaning.
pub(super) fn without_generation_marks(text: &str) -> String {
    let mut rest = text;
    let mut result = String::with_capacity(text.len());
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start);
        result.push_str(before);
        let Some(length) = tag.find("%}").map(|end| end + 2) else {
            rest = tag;
            break;
        };
        let (tag, after) = tag.split_at(length);
        let inner = &tag[2..length - 2];
        let word = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        if word == "generation" || word == "endgeneration" {
            let mark = |found: Option<char>| found.filter(|c| "-+".contains(*c)).map(String::from).unwrap_or_default();
            result.push_str(&format!("{{#{} {}#}}", mark(inner.chars().next()), mark(inner.chars().last())));
        } else {
            result.push_str(tag);
        }
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_what_the_assistant_says_become_comments_and_nothing_else_changes() {
        let text = "{%- generation -%} a {% endgeneration %}{% set generation = 1 %}{{ '{%' }} {% if";
        assert_eq!(without_generation_marks(text), "{#- -#} a {# #}{% set generation = 1 %}{{ '{%' }} {% if");
    }
}

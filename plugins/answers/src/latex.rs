//! What LaTeX puts around an answer without changing it.

/// So many layers are taken off; an answer wrapped more often than this was not meant to be read.
const LAYERS: usize = 8;

/// The text without math delimiters and boxes around the whole of it: `$\boxed{x}$` is `x`. `text` is trimmed and in lower
/// case. Text in more layers than anybody writes stays as it is, so that hostile text costs no more than any other.
pub(crate) fn unwrapped(text: &str) -> &str {
    let mut inner = text;
    for _ in 0..=LAYERS {
        match layer_off(inner) {
            Some(next) => inner = next.trim(),
            None => return inner,
        }
    }
    text
}

fn layer_off(text: &str) -> Option<&str> {
    let between = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
    let math = ["$$", "$"].into_iter().find_map(|mark| between(mark, mark)).filter(|inner| !inner.contains('$'));
    let brackets = [(r"\(", r"\)"), (r"\[", r"\]")]
        .into_iter()
        .find_map(|(open, close)| between(open, close).filter(|inner| !inner.contains(open) && !inner.contains(close)));
    let group =
        [r"\boxed{", r"\text{", r"\mathrm{", r"\textbf{", r"\mathbf{"].into_iter().find_map(|open| between(open, "}"));
    math.or(brackets).or(group.filter(|inner| is_balanced(inner))).filter(|inner| !inner.trim().is_empty())
}

/// Whether every brace in the text closes one that the text opened: then the braces around it belong together.
fn is_balanced(text: &str) -> bool {
    let mut open = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return false,
            b'}' => open -= 1,
            _ => {}
        }
    }
    open == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_and_boxes_around_the_whole_come_off() {
        for wrapped in ["x", "$x$", "$$ x $$", r"\(x\)", r"\[ x \]", r"\boxed{x}", r"$\boxed{\text{x}}$"] {
            assert_eq!(unwrapped(wrapped), "x", "{wrapped}");
        }
    }

    #[test]
    fn those_around_parts_stay() {
        for text in [r"$x$ and $y$", r"\boxed{x} or \boxed{y}", r"\(x\) + \(y\)", "$", "$$", r"\boxed{ }", "$5"] {
            assert_eq!(unwrapped(text), text);
        }
    }

    #[test]
    fn too_many_layers_stay_all() {
        let nested = r"\boxed{".repeat(50) + "x" + &"}".repeat(50);
        assert_eq!(unwrapped(&nested), nested);
    }
}

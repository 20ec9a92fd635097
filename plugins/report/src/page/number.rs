//! How numbers look in the report: short in tables, exact on hover.

/// What stands for a value that does not exist.
pub const NONE: &str = "–";

const MINUS: char = '\u{2212}';

/// A number rounded to so many digits after the point.
pub fn rounded(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        // What rounds to zero has no sign.
        Some(magnitude) if magnitude.chars().all(|character| matches!(character, '0' | '.')) => magnitude.to_owned(),
        Some(magnitude) => format!("{MINUS}{magnitude}"),
        None => text,
    }
}

/// [`rounded`], or [`NONE`].
pub fn rounded_or_none(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| rounded(value, digits))
}

/// [`rounded`] with its sign, also where it is a plus.
pub fn signed(value: f64, digits: usize) -> String {
    let text = rounded(value, digits);
    let is_positive = value > 0.0 && text.chars().any(|character| matches!(character, '1'..='9'));
    if is_positive { format!("+{text}") } else { text }
}

/// The shortest text that reads back as the same number.
pub fn exact(value: f64) -> String {
    match value.is_finite() {
        true if value < 0.0 => format!("{MINUS}{}", -value),
        true => value.to_string(),
        false => NONE.to_owned(),
    }
}

/// A p-value: no more digits than it deserves, and never zero.
pub fn p_value(p: f64) -> String {
    match p {
        p if !p.is_finite() => NONE.to_owned(),
        p if p < 0.001 => "< 0.001".to_owned(),
        p if p < 0.1 => format!("{p:.3}"),
        p => format!("{p:.2}"),
    }
}

/// A count with its thousands set apart.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with what is counted: "1 question", "350 questions".
pub fn counted(value: usize, singular: &str, plural: &str) -> String {
    format!("{} {}", count(value), if value == 1 { singular } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        assert_eq!(rounded(-0.04, 1), "0.0");
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(signed(0.04, 1), "0.0");
        assert_eq!(signed(0.0, 1), "0.0");
    }

    #[test]
    fn signs_are_typographic() {
        assert_eq!(signed(2.25, 1), "+2.2");
        assert_eq!(signed(-2.35, 1), "\u{2212}2.4");
        assert_eq!(exact(-0.5), "\u{2212}0.5");
    }

    #[test]
    fn a_value_that_is_no_number_is_a_dash() {
        for text in [rounded(f64::NAN, 1), signed(f64::INFINITY, 1), exact(f64::NAN), p_value(f64::NAN)] {
            assert_eq!(text, NONE);
        }
        assert_eq!(rounded_or_none(None, 2), NONE);
    }

    #[test]
    fn exact_numbers_read_back() {
        assert_eq!(exact(28.000000000000004), "28.000000000000004");
        assert_eq!(exact(50.0), "50");
    }

    #[test]
    fn a_p_value_is_never_zero() {
        assert_eq!(p_value(0.0), "< 0.001");
        assert_eq!(p_value(0.0042), "0.004");
        assert_eq!(p_value(0.4142), "0.41");
        assert_eq!(p_value(1.0), "1.00");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "question", "questions"), "1 question");
        assert_eq!(counted(0, "question", "questions"), "0 questions");
    }
}

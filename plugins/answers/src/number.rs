//! Numbers as people and models write them, and the one form of each value.

use std::fmt;

/// The value of a number. Equal values are equal here and print the same, and what is printed reads as the same value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// A fraction in lowest terms, its parts of at most 18 digits: all that usual answers need.
    Ratio(Ratio),
    /// A decimal beyond that range: its digits without zeros at either end, times a power of ten.
    Decimal(Decimal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    negative: bool,
    numerator: u64,
    denominator: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Significant digits, without zeros at either end; empty for zero.
    digits: String,
    exponent: i64,
}

/// Numbers of at most so many digits before and after the point are fractions.
const DIGITS: i64 = 18;
/// One more than the largest part of a fraction.
const LIMIT: u128 = 10_u128.pow(DIGITS as u32) + 1;

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, text) = match self {
            Self::Ratio(Ratio { negative, numerator, denominator: 1 }) => (*negative, numerator.to_string()),
            Self::Ratio(Ratio { negative, numerator, denominator }) => {
                (*negative, format!("{numerator}/{denominator}"))
            }
            Self::Decimal(Decimal { negative, digits, exponent }) => (*negative, format!("{digits}e{exponent}")),
        };
        write!(formatter, "{}{text}", if negative { "-" } else { "" })
    }
}

impl Ratio {
    fn new(negative: bool, numerator: u128, denominator: u128) -> Option<Self> {
        let (mut left, mut right) = (numerator, denominator);
        while right != 0 {
            (left, right) = (right, left % right);
        }
        let (numerator, denominator) = (numerator.checked_div(left)?, denominator.checked_div(left)?);
        let within = |part: u128| (part < LIMIT).then(|| u64::try_from(part).ok()).flatten();
        Some(Self {
            negative: negative && numerator > 0,
            numerator: within(numerator)?,
            denominator: within(denominator)?,
        })
    }

    /// One divided by the other; nothing where that is no number or out of range.
    fn divided_by(self, divisor: Self) -> Option<Self> {
        if divisor.numerator == 0 {
            return None;
        }
        let product = |left: u64, right: u64| u128::from(left) * u128::from(right);
        Self::new(
            self.negative != divisor.negative,
            product(self.numerator, divisor.denominator),
            product(self.denominator, divisor.numerator),
        )
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        decimal.ratio().map_or(Self::Decimal(decimal), Self::Ratio)
    }
}

impl Decimal {
    fn new(negative: bool, digits: &str, exponent: i64) -> Self {
        let shortened = digits.trim_end_matches('0');
        let exponent = exponent + (digits.len() - shortened.len()) as i64;
        let digits = shortened.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            Self { negative: false, digits, exponent: 0 }
        } else {
            Self { negative, digits, exponent }
        }
    }

    fn ratio(&self) -> Option<Ratio> {
        if self.digits.is_empty() {
            return Ratio::new(false, 0, 1);
        }
        let before_point = self.digits.len() as i64 + self.exponent;
        if before_point > DIGITS || self.exponent < -DIGITS {
            return None;
        }
        let digits: u128 = self.digits.parse().ok()?;
        let power = 10_u128.pow(u32::try_from(self.exponent.abs()).ok()?);
        if self.exponent < 0 {
            Ratio::new(self.negative, digits, power)
        } else {
            Ratio::new(self.negative, digits * power, 1)
        }
    }
}

/// A number at the beginning of a text, and what comes after it.
pub(crate) struct Read<'a> {
    pub number: Number,
    /// Whether it was written as a quotient with a slash.
    pub slash: bool,
    pub rest: &'a str,
}

/// Reads the number that a text, in lower case, begins with: `-1,000.50`, `2e3`, `2 \times 10^{3}`, `1/2`, `\frac{1}{2}`.
pub(crate) fn read(text: &str) -> Option<Read<'_>> {
    let (negative, unsigned) = sign(text);
    let signed =
        |ratio: Ratio| Number::Ratio(Ratio { negative: ratio.numerator > 0 && ratio.negative != negative, ..ratio });
    if let Some(arguments) = [r"\frac", r"\dfrac", r"\tfrac"].into_iter().find_map(|name| unsigned.strip_prefix(name)) {
        let (above, rest) = argument(arguments)?;
        let (below, rest) = argument(rest)?;
        return Some(Read { number: signed(above.divided_by(below)?), slash: false, rest });
    }
    let (decimal, rest) = decimal(unsigned, negative)?;
    if let Some(divisor) = rest.trim_start().strip_prefix('/') {
        let (minus, divisor) = sign(divisor.trim_start());
        let (divisor, rest) = self::decimal(divisor, minus)?;
        let number = Number::Ratio(decimal.ratio()?.divided_by(divisor.ratio()?)?);
        return Some(Read { number, slash: true, rest });
    }
    Some(Read { number: decimal.into(), slash: false, rest })
}

/// Whether a minus stands here, and what comes after the sign.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').map_or(text, str::trim_start)),
    }
}

/// The number in braces that is an argument of `\frac`, or its short form, one digit.
fn argument(text: &str) -> Option<(Ratio, &str)> {
    let text = text.trim_start();
    let (inner, rest) = match text.strip_prefix('{') {
        Some(group) => group.split_once('}')?,
        None => text.split_at_checked(1)?,
    };
    let (negative, unsigned) = sign(inner.trim());
    let (decimal, after) = decimal(unsigned, negative)?;
    after.is_empty().then_some(())?;
    Some((decimal.ratio()?, rest))
}

/// The unsigned decimal at the beginning of a text, and what comes after it.
fn decimal(text: &str, negative: bool) -> Option<(Decimal, &str)> {
    let (whole, rest) = whole_part(text);
    let (places, rest) = match rest.strip_prefix('.') {
        Some(after) => digits(after),
        None => ("", rest),
    };
    if whole.is_empty() && places.is_empty() {
        return None;
    }
    let (power, rest) = power_of_ten(rest).unwrap_or((0, rest));
    Some((Decimal::new(negative, &(whole + places), power - places.len() as i64), rest))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len()))
}

/// The digits before the point, without the commas between thousands (`{,}` in LaTeX), and what comes after them. Commas that
/// are not between thousands end the number.
fn whole_part(text: &str) -> (String, &str) {
    let (first, mut rest) = digits(text);
    let mut whole = first.to_owned();
    if (1..=3).contains(&first.len()) {
        while let Some(after) = rest.strip_prefix(',').or_else(|| rest.strip_prefix("{,}")) {
            let (group, after) = digits(after);
            if group.len() != 3 {
                break;
            }
            whole.push_str(group);
            rest = after;
        }
    }
    (whole, rest)
}

/// The power of ten in `e3`, `\times 10^{3}`, `× 10^3` or `* 10^3`, and what comes after it.
fn power_of_ten(text: &str) -> Option<(i64, &str)> {
    let trimmed = text.trim_start();
    let times = [r"\times", r"\cdot", "×", "·", "*"].into_iter().find_map(|sign| trimmed.strip_prefix(sign));
    let (body, braced) = match times {
        Some(after) => {
            let power = after.trim_start().strip_prefix("10^")?;
            power.strip_prefix('{').map_or((power, false), |inner| (inner, true))
        }
        None => (text.strip_prefix('e')?, false),
    };
    let (minus, unsigned) = sign(body);
    let (exponent, rest) = digits(unsigned);
    // Nine digits are more than anybody means, and add up without overflow.
    let exponent = (exponent.len() <= 9).then(|| exponent.parse::<i64>().ok()).flatten()?;
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    Some((if minus { -exponent } else { exponent }, rest))
}

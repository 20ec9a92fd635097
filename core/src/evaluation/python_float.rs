//! A number as Python prints it.

/// `repr` of a Python float: the shortest digits that read back as the same number, with an exponent below `1e-04` and
/// from `1e+16` on.
pub(super) fn python_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific
        .split_once('e')
        .and_then(|(digits, exponent)| exponent.parse::<i32>().ok().map(|exponent| (digits, exponent)))
    else {
        return scientific;
    };
    if (-4..16).contains(&exponent) {
        return format!("{number:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_python() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (100.0, "100.0"),
            (7.0 / 25.0 * 100.0, "28.000000000000004"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_678.0, "1.2345678901234568e+17"),
            (1e-4, "0.0001"),
            (0.000_123_45, "0.00012345"),
            (1e-5, "1e-05"),
            (-1e-5, "-1e-05"),
            (1.5e-7, "1.5e-07"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1e22, "1e+22"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(python_repr(number), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_number_reads_back_the_same(bits in proptest::num::u64::ANY) {
            let number = f64::from_bits(bits);
            let back: f64 = python_repr(number).parse().unwrap();
            assert!(back.to_bits() == bits || number.is_nan() && back.is_nan());
        }
    }
}

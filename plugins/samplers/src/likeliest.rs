//! The greatest logit and its token; and what is wrong with logits that have none.

use touchstone::sampler::TokenId;
use touchstone::{Error, Result};

/// Maxima taken side by side, so that the comparisons fill the processor's lanes.
const LANES: usize = 16;

/// The token of the greatest logit; of equals the one of the lowest id. Errors name `sampler`.
pub(crate) fn likeliest(logits: &[f32], sampler: &str) -> Result<TokenId> {
    let greatest = greatest(logits, sampler)?;
    let token = (0..).zip(logits).find(|(_, logit)| **logit == greatest);
    token.map(|(token, _)| TokenId(token)).ok_or_else(|| none_left(sampler))
}

/// The greatest logit, which is finite. Errors name `sampler`.
///
/// # Errors
/// If a logit is NaN or positive infinity, if there are none or only such of negative infinity, or if there are so many that a
/// [`TokenId`] cannot number them.
pub(crate) fn greatest(logits: &[f32], sampler: &str) -> Result<f32> {
    if logits.is_empty() {
        return Err(Error::plugin(sampler, "there are no logits to choose from"));
    }
    if u32::try_from(logits.len()).is_err() {
        return Err(Error::plugin(sampler, format!("{} logits are more than there are token ids", logits.len())));
    }
    let mut maxima = [f32::NEG_INFINITY; LANES];
    let mut nan = [0; LANES];
    let (blocks, rest) = logits.as_chunks::<LANES>();
    blocks.iter().for_each(|block| look(block, &mut maxima, &mut nan));
    look(rest, &mut maxima, &mut nan);
    let greatest = maxima.into_iter().fold(f32::NEG_INFINITY, f32::max);
    if nan != [0; LANES] || greatest == f32::INFINITY {
        return Err(wrong(logits, sampler));
    }
    if greatest == f32::NEG_INFINITY { Err(none_left(sampler)) } else { Ok(greatest) }
}

/// Raises each lane's maximum to its logit, and notes whether that is NaN.
#[inline(always)] // where the block's length is known, this is vector code
fn look(block: &[f32], maxima: &mut [f32; LANES], nan: &mut [u32; LANES]) {
    for ((greatest, nan), &logit) in maxima.iter_mut().zip(nan).zip(block) {
        *greatest = if logit > *greatest { logit } else { *greatest };
        *nan |= u32::from(logit.is_nan());
    }
}

/// Names the first logit that is NaN or positive infinity.
fn wrong(logits: &[f32], sampler: &str) -> Error {
    let is_wrong = |logit: &f32| logit.is_nan() || *logit == f32::INFINITY;
    let first = logits.iter().enumerate().find(|(_, logit)| is_wrong(logit));
    let (token, logit) = first.map_or((0, f32::NAN), |(token, logit)| (token, *logit));
    let message = format!("the logit of token {token} is {logit}: logits must be finite or negative infinity");
    Error::plugin(sampler, message)
}

fn none_left(sampler: &str) -> Error {
    Error::plugin(sampler, "no token is left: every logit is negative infinity")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;

    #[test]
    fn the_greatest_is_found_at_every_place() {
        for count in 1..70 {
            for place in 0..count {
                let mut logits = vec![-3.0; count];
                logits[place] = -1.0;
                assert_eq!(greatest(&logits, "test").unwrap(), -1.0, "{place} of {count}");
                assert_eq!(likeliest(&logits, "test").unwrap(), TokenId(place as u32), "{place} of {count}");
            }
        }
    }

    #[test]
    fn of_equals_the_first_is_the_likeliest_whatever_the_sign_of_zero() {
        assert_eq!(likeliest(&[NONE, -0.0, 0.0, -0.0], "test").unwrap(), TokenId(1));
        assert_eq!(likeliest(&[f32::MIN, NONE, f32::MIN], "test").unwrap(), TokenId(0));
    }

    #[test]
    fn what_is_wrong_is_an_error_at_every_place_and_names_the_token() {
        for wrong in [f32::NAN, -f32::NAN, f32::INFINITY] {
            for count in 1..40 {
                for place in 0..count {
                    let mut logits = vec![1.0; count];
                    logits[place] = wrong;
                    let message = greatest(&logits, "test").unwrap_err().to_string();
                    assert!(message.contains(&format!("token {place} is")), "{message}");
                }
            }
        }
    }

    #[test]
    fn no_token_is_an_error() {
        for logits in [&[][..], &[NONE], &[NONE; 100]] {
            let message = likeliest(logits, "test").unwrap_err().to_string();
            assert!(message.contains("\"test\""), "{message}");
        }
    }
}

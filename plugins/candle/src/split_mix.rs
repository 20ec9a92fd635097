//! SplitMix64 (Steele, Lea and Flood 2014), from which all randomness of this crate's training and new weights comes.

/// How far the state goes from one draw to the next.
pub(crate) const STRIDE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The draw that follows this state: every bit of it depends on every bit of the number.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(STRIDE);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_are_those_of_the_published_generator() {
        // From seed 1234567, as its authors' code gives them.
        let draws: Vec<u64> =
            (0..3).map(|draw: u64| mixed(1_234_567_u64.wrapping_add(draw.wrapping_mul(STRIDE)))).collect();
        assert_eq!(draws, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}

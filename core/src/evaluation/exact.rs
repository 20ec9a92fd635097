//! What a strategy is right at on average over all subsets of N CoTs: no draws, no noise.
//!
//! In a random draw every subset is equally likely, and so is every order of it. Hence of several CoTs that tie for the
//! best value, each drawn one comes first equally often; and of several answers that tie for the most votes, so does each.

/// Draws of `drawn` of a question's `cots` CoTs, fewer than all.
pub(super) struct Subsets {
    cots: usize,
    drawn: usize,
    /// The probability that none of so many given CoTs is drawn.
    none_of: Vec<f64>,
    /// ln(0!), ln(1!), …
    ln_factorials: Vec<f64>,
}

/// CoTs that have one value in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tied {
    pub(super) cots: usize,
    pub(super) right: usize,
}

impl Subsets {
    pub(super) fn new(cots: usize, drawn: usize) -> Self {
        let mut none_of = Vec::with_capacity(cots + 1);
        let mut probability = 1.0;
        for avoided in 0..=cots {
            none_of.push(probability);
            let left = cots - avoided;
            probability *= left.saturating_sub(drawn) as f64 / left.max(1) as f64;
        }
        let mut ln_factorials = vec![0.0; cots + 1];
        for number in 1..=cots {
            ln_factorials[number] = ln_factorials[number - 1] + (number as f64).ln();
        }
        Self { cots, drawn, none_of, ln_factorials }
    }

    /// The probability that any of `right` CoTs is drawn.
    pub(super) fn pass(&self, right: usize) -> f64 {
        1.0 - self.none_of[right]
    }

    /// The probability that the first best CoT drawn is right; `ranking` holds all CoTs, the best first.
    pub(super) fn best_of_n(&self, ranking: &[Tied]) -> f64 {
        let mut better = 0;
        let mut probability = 0.0;
        for tied in ranking {
            let chosen_here = self.none_of[better] - self.none_of[better + tied.cots];
            probability += chosen_here * tied.right as f64 / tied.cots as f64;
            better += tied.cots;
        }
        probability
    }

    /// The probability that the right answer wins the majority vote: `right` CoTs give it, `others` give each of the other
    /// answers (ascending), and all further CoTs give none.
    ///
    /// How many CoTs each answer gets in a draw is multivariate hypergeometric: independent binomials, given their sum. So
    /// sums of products of binomial weights are carried along, answer by answer, for every number of votes that the right
    /// answer may win with; all terms are positive and none is large. The cost is polynomial: about
    /// `drawn² · cots` at most.
    pub(super) fn majority_vote(&self, right: usize, others: &[usize]) -> f64 {
        let weights: Vec<Vec<f64>> = others.iter().map(|count| self.binomial(*count)).collect();
        let silent = self.cots - right - others.iter().sum::<usize>();
        // Answers too rare to tie, and CoTs without an answer: by number of CoTs drawn of them.
        let mut rare = self.binomial(silent);
        rare.resize(self.drawn + 1, 0.0);
        let mut rare_answers = 0;
        let mut probability = 0.0;
        for (votes, weight) in self.binomial(right).into_iter().enumerate().skip(1) {
            while rare_answers < others.len() && others[rare_answers] < votes {
                convolve(&mut rare, &weights[rare_answers]);
                rare_answers += 1;
            }
            let rivals = Rivals::new(&rare, &weights[rare_answers..], votes, self.drawn - votes);
            probability += weight * rivals.share();
        }
        probability / self.binomial_weight(self.cots, self.drawn)
    }

    /// Binomial weights of `0..=min(count, drawn)` of `count` CoTs.
    fn binomial(&self, count: usize) -> Vec<f64> {
        (0..=count.min(self.drawn)).map(|chosen| self.binomial_weight(count, chosen)).collect()
    }

    fn binomial_weight(&self, count: usize, chosen: usize) -> f64 {
        let share = self.drawn as f64 / self.cots as f64;
        let ln_ways = self.ln_factorials[count] - self.ln_factorials[chosen] - self.ln_factorials[count - chosen];
        (ln_ways + chosen as f64 * share.ln() + (count - chosen) as f64 * (1.0 - share).ln()).exp()
    }
}

/// `left` times `right`, as polynomials, without the powers that `left` has no room for.
fn convolve(left: &mut [f64], right: &[f64]) {
    for total in (0..left.len()).rev() {
        left[total] =
            right.iter().take(total + 1).enumerate().map(|(chosen, weight)| left[total - chosen] * weight).sum();
    }
}

/// The other answers, none of which gets more votes than the right one, by how many tie with it.
struct Rivals {
    /// By number of ties, then by CoTs drawn.
    weights: Vec<Vec<f64>>,
}

impl Rivals {
    /// `rare` are the answers that cannot tie at this number of votes, `frequent` those that can; `drawn` CoTs are left.
    fn new(rare: &[f64], frequent: &[Vec<f64>], votes: usize, drawn: usize) -> Self {
        let most_ties = (drawn / votes).min(frequent.len());
        let mut weights = vec![vec![0.0; drawn + 1]; most_ties + 1];
        weights[0].copy_from_slice(&rare[..=drawn]);
        for (place, answer) in frequent.iter().enumerate() {
            let (below, tie) = (&answer[..votes.min(answer.len())], answer.get(votes).copied().unwrap_or(0.0));
            for ties in (0..=most_ties.min(place + 1)).rev() {
                convolve(&mut weights[ties], below);
                if ties > 0 {
                    let (fewer, more) = weights.split_at_mut(ties);
                    let Some(fewer) = fewer.last() else { continue };
                    more[0][votes.min(drawn + 1)..]
                        .iter_mut()
                        .zip(fewer)
                        .for_each(|(sum, weight)| *sum += weight * tie);
                }
            }
        }
        Self { weights }
    }

    /// The weight of the draws that use up all CoTs, each by the chance that the right answer comes first of those tied.
    fn share(&self) -> f64 {
        let full = self.weights.iter().filter_map(|weights| weights.last());
        full.enumerate().map(|(ties, weight)| weight / (ties + 1) as f64).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Calls `visit` with every ordered draw of `drawn` of `cots` CoTs.
    fn every_draw(cots: usize, drawn: usize, order: &mut Vec<usize>, visit: &mut impl FnMut(&[usize])) {
        if order.len() == drawn {
            return visit(order);
        }
        for cot in (0..cots).filter(|cot| !order.contains(cot)).collect::<Vec<_>>() {
            order.push(cot);
            every_draw(cots, drawn, order, visit);
            order.pop();
        }
    }

    fn share_of_draws(cots: usize, drawn: usize, right: impl Fn(&[usize]) -> bool) -> f64 {
        let (mut all, mut hits) = (0.0, 0.0);
        every_draw(cots, drawn, &mut Vec::new(), &mut |order| {
            all += 1.0;
            hits += f64::from(u8::from(right(order)));
        });
        hits / all
    }

    /// The answer that wins among these, the first seen of several; answer 9 is none.
    fn winner(answers: impl Iterator<Item = usize> + Clone) -> Option<usize> {
        let votes = |answer| answers.clone().filter(|other| *other == answer).count();
        let mut best: Option<usize> = None;
        for answer in answers.clone().filter(|answer| *answer != 9) {
            if best.is_none_or(|best| votes(answer) > votes(best)) {
                best = Some(answer);
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn majority_vote_is_the_share_of_ordered_draws(
            answers in proptest::collection::vec(prop_oneof![Just(0_usize), 1_usize..4, Just(9)], 2..7), drawn in 1_usize..6,
        ) {
            prop_assume!(drawn < answers.len());
            let count = |answer: usize| answers.iter().filter(|other| **other == answer).count();
            let mut others: Vec<usize> = (1..4).map(count).filter(|count| *count > 0).collect();
            others.sort_unstable();
            let exact = Subsets::new(answers.len(), drawn).majority_vote(count(0), &others);
            let brute = share_of_draws(answers.len(), drawn, |order| {
                winner(order.iter().map(|cot| answers[*cot])) == Some(0)
            });
            prop_assert!((exact - brute).abs() < 1e-12, "{exact} {brute}");
        }

        #[test]
        fn best_of_n_and_pass_at_n_are_shares_of_ordered_draws(
            cots in proptest::collection::vec((0_usize..3, proptest::bool::ANY), 2..7), drawn in 1_usize..6,
        ) {
            prop_assume!(drawn < cots.len());
            let ranking: Vec<Tied> = (0..3).rev().map(|value| {
                let tied = cots.iter().filter(|cot| cot.0 == value);
                Tied { cots: tied.clone().count(), right: tied.filter(|cot| cot.1).count() }
            }).filter(|tied| tied.cots > 0).collect();
            let subsets = Subsets::new(cots.len(), drawn);
            let brute = share_of_draws(cots.len(), drawn, |order| {
                let best = order.iter().map(|cot| cots[*cot].0).max();
                order.iter().map(|cot| cots[*cot]).find(|cot| Some(cot.0) == best).is_some_and(|cot| cot.1)
            });
            prop_assert!((subsets.best_of_n(&ranking) - brute).abs() < 1e-12);
            let brute = share_of_draws(cots.len(), drawn, |order| order.iter().any(|cot| cots[*cot].1));
            prop_assert!((subsets.pass(cots.iter().filter(|cot| cot.1).count()) - brute).abs() < 1e-12);
        }
    }

    #[test]
    fn many_cots_neither_overflow_nor_lose_precision() {
        // Two answers that share all CoTs evenly win equally often.
        let subsets = Subsets::new(4000, 1000);
        assert!((subsets.majority_vote(2000, &[2000]) - 0.5).abs() < 1e-9);
        assert!((subsets.majority_vote(1000, &[1000, 1000]) - 1.0 / 3.0).abs() < 0.05);
        assert_eq!(subsets.majority_vote(0, &[4000]), 0.0);
    }
}

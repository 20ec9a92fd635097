//! The glob patterns of a data set card: `*`, `?` and `[…]` within a name, `**` over any number of folders.

/// Whether `path` fits `pattern`. Linear in practice for any pattern, since only the last star is ever taken back.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let names: Vec<&str> = pattern.split('/').collect();
    let parts: Vec<&str> = path.split('/').collect();
    walk(&names, &parts, |name| *name == "**", |name, part| name_fits(name, part))
}

/// One place of a name's pattern.
enum Token {
    Star,
    Any,
    Exactly(char),
    Class { negated: bool, ranges: Vec<std::ops::RangeInclusive<char>> },
}

fn name_fits(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    walk(
        &tokens(pattern),
        &name,
        |token| matches!(token, Token::Star),
        |token, character| match token {
            Token::Star => false,
            Token::Any => true,
            Token::Exactly(wanted) => wanted == character,
            Token::Class { negated, ranges } => ranges.iter().any(|range| range.contains(character)) != *negated,
        },
    )
}

fn tokens(pattern: &str) -> Vec<Token> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(&character) = characters.get(place) {
        place += 1;
        tokens.push(match character {
            '*' => Token::Star,
            '?' => Token::Any,
            '[' => match class(&characters[place..]) {
                Some((token, length)) => {
                    place += length;
                    token
                }
                // An unclosed bracket stands for itself, as in a shell.
                None => Token::Exactly('['),
            },
            other => Token::Exactly(other),
        });
    }
    tokens
}

/// The class whose text follows an opening bracket, and how many characters it takes up with its closing one.
fn class(after_bracket: &[char]) -> Option<(Token, usize)> {
    let negated = matches!(after_bracket.first(), Some('!' | '^'));
    let start = usize::from(negated);
    // A bracket right after the opening one is a member of the class.
    let end = (start + 1..after_bracket.len()).find(|place| after_bracket[*place] == ']')?;
    let mut members = &after_bracket[start..end];
    let mut ranges = Vec::new();
    while let Some(&first) = members.first() {
        if members.len() > 2 && members[1] == '-' {
            ranges.push(first..=members[2]);
            members = &members[3..];
        } else {
            ranges.push(first..=first);
            members = &members[1..];
        }
    }
    Some((Token::Class { negated, ranges }, end + 1))
}

fn walk<P, T>(pattern: &[P], text: &[T], star: impl Fn(&P) -> bool, one: impl Fn(&P, &T) -> bool) -> bool {
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where to go on if the last star has to take one more: the place after the star, and the text it has not yet taken.
    let mut retake: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some(token) if star(token) => {
                at_pattern += 1;
                retake = Some((at_pattern, at_text));
            }
            Some(token) if one(token, &text[at_text]) => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => match retake {
                Some((after_star, taken)) => {
                    at_pattern = after_star;
                    at_text = taken + 1;
                    retake = Some((after_star, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at_pattern..].iter().all(star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_one_name() {
        assert!(fits("data/train-*.parquet", "data/train-00000-of-00002.parquet"));
        assert!(!fits("data/*.parquet", "data/law/0000.parquet"));
        assert!(!fits("*", "data/law.json"));
    }

    #[test]
    fn two_stars_cross_folders_and_may_cross_none() {
        for path in ["law.json", "a/law.json", "a/b/law.json"] {
            assert!(fits("**/law.json", path), "{path}");
            assert!(fits("**", path), "{path}");
        }
        assert!(fits("data/**/*.json", "data/law.json"));
        assert!(!fits("data/**", "other/law.json"));
    }

    #[test]
    fn classes_match_one_character() {
        assert!(fits("law[0-9a].json", "law7.json") && fits("law[0-9a].json", "lawa.json"));
        assert!(!fits("law[0-9].json", "lawx.json") && !fits("law[!0-9].json", "law7.json"));
        assert!(fits("law?.json", "lawü.json") && fits("a]b[", "a]b[") && fits("[]]", "]"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_long_time() {
        let pattern = format!("{}b", "*a".repeat(200));
        assert!(!fits(&pattern, &"a".repeat(2000)));
        assert!(!fits(&format!("{}y", "**/x/".repeat(50)), &"x/".repeat(500)));
    }
}

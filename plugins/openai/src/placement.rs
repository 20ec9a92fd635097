//! Where in a text its tokens begin, found by their texts.
//!
//! Servers count offsets from the prompt's beginning or from the completion's, in characters or bytes, or tell none, and what
//! they tell is the sum of the tokens' texts anyway. So places are worked out here. The one difficulty: a token may be part of
//! a character, and where a server tells no bytes its text is then `U+FFFD`, which may stand for any piece of a character. It
//! is matched as such; where this leaves several places for a token, the token is left out.

/// The replacement character in UTF-8: what a decoder writes for bytes that are no whole character.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
/// The most bytes that a decoder replaces by one replacement character.
const MOST_REPLACED: usize = 3;

/// For each piece the byte at which it begins in `text`, rounded down to the beginning of a character; none for a piece that
/// lies after the text's end, or whose place is not certain.
///
/// The pieces must follow one another from the text's beginning. They may go on past its end, since a text is cut at a stop
/// text; and they must reach byte `covered` at least, since a stop text that was added has no tokens.
///
/// Nothing at all if the pieces do not add up to the text.
pub(crate) fn place(pieces: &[&[u8]], text: &str, covered: usize) -> Option<Vec<Option<usize>>> {
    let bytes = text.as_bytes();
    let mut reached = vec![0];
    let mut starts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let next = ends(piece, bytes, &reached);
        starts.push(std::mem::replace(&mut reached, next));
    }
    reached.retain(|end| *end >= covered.min(bytes.len()));
    if reached.is_empty() {
        return None;
    }
    // From the end back: only what leads to it remains.
    for (piece, starts) in pieces.iter().zip(&mut starts).rev() {
        starts.retain(|start| ends(piece, bytes, &[*start]).iter().any(|end| reached.binary_search(end).is_ok()));
        reached.clone_from(starts);
    }
    Some(starts.iter().map(|starts| certain(starts, text)).collect())
}

/// The one place that all of `starts` mean, if it lies before the text's end.
fn certain(starts: &[usize], text: &str) -> Option<usize> {
    let mut places = starts.iter().map(|start| character_start(text, *start));
    let first = places.next().filter(|place| *place < text.len())?;
    places.all(|place| place == first).then_some(first)
}

fn character_start(text: &str, mut place: usize) -> usize {
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

/// Where the piece may end if it begins at one of `starts`: in order, each once. Past the text's end everything fits.
fn ends(piece: &[u8], text: &[u8], starts: &[usize]) -> Vec<usize> {
    let mut places = starts.to_vec();
    let mut rest = piece;
    while !rest.is_empty() && !places.is_empty() {
        if let Some(after) = rest.strip_prefix(REPLACEMENT) {
            rest = after;
            places = places.iter().flat_map(|place| replaced(text, *place)).collect();
            places.sort_unstable();
            places.dedup();
        } else {
            let wanted = rest[0];
            rest = &rest[1..];
            places.retain_mut(|place| match text.get(*place) {
                Some(byte) if *byte == wanted => {
                    *place += 1;
                    true
                }
                Some(_) => false,
                None => true,
            });
            places.dedup();
        }
    }
    places
}

/// Where a piece of a character that begins at `place` may end.
fn replaced(text: &[u8], place: usize) -> impl Iterator<Item = usize> {
    let rest = text.get(place..).unwrap_or_default();
    let beyond = rest.is_empty().then_some(place);
    let most = rest.iter().take(MOST_REPLACED).take_while(|byte| !byte.is_ascii()).count();
    beyond.into_iter().chain((1..=most).map(move |length| place + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(pieces: &[&str], text: &str) -> Option<Vec<Option<usize>>> {
        let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        place(&pieces, text, text.len())
    }

    #[test]
    fn pieces_that_add_up_begin_where_the_last_one_ends() {
        assert_eq!(places(&["It", " is", "", " é"], "It is é"), Some(vec![Some(0), Some(2), Some(5), Some(5)]));
        assert_eq!(places(&[], ""), Some(Vec::new()));
    }

    #[test]
    fn pieces_that_do_not_add_up_have_no_places() {
        assert_eq!(places(&["It", "is"], "It is"), None);
        assert_eq!(places(&["It"], "It is"), None);
        assert_eq!(places(&[], "x"), None);
    }

    #[test]
    fn pieces_past_the_end_of_the_text_have_no_place() {
        assert_eq!(places(&["Yes", ".\n\n", "So"], "Yes.\n"), Some(vec![Some(0), Some(3), None]));
        assert_eq!(places(&["<|im_end|>"], ""), Some(vec![None]));
    }

    #[test]
    fn what_was_added_to_the_text_needs_no_pieces() {
        let pieces: [&[u8]; 1] = [b"Yes"];
        assert_eq!(place(&pieces, "Yes</s>", 3), Some(vec![Some(0)]));
        assert_eq!(place(&pieces, "Yes</s>", 4), None);
    }

    #[test]
    fn parts_of_a_character_given_as_bytes_begin_where_it_does() {
        let pieces: [&[u8]; 3] = [b"\xe2\x88", b"\x9a", b"2"];
        assert_eq!(place(&pieces, "√2", 4), Some(vec![Some(0), Some(0), Some(3)]));
    }

    #[test]
    fn replacement_characters_stand_for_parts_of_characters() {
        let square = places(&["So", " \u{fffd}", "\u{fffd}", "2", " Yes"], "So √2 Yes");
        assert_eq!(square, Some(vec![Some(0), Some(2), Some(3), Some(6), Some(7)]));
        // Which of the two characters the third piece is part of cannot be told; the verdict's place can.
        let two = places(&["\u{fffd}", "\u{fffd}", "\u{fffd}", " Yes"], "√≤ Yes");
        assert_eq!(two, Some(vec![Some(0), None, Some(3), Some(6)]));
        assert_eq!(places(&["\u{fffd}", "x"], "ax"), None);
        assert_eq!(places(&["\u{fffd}", "b"], "\u{fffd}b"), Some(vec![Some(0), Some(3)]));
    }
}

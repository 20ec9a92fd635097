//! What shares a pass changes no row, and a row sees nothing that comes after it.

use candle_core::{IndexOp, Tensor};
use touchstone_candle::Batch;

use crate::support::{MODELS, difference, expected, load};

#[test]
fn texts_packed_in_one_batch_have_the_logits_that_they_have_alone() {
    for model in MODELS {
        let decoder = load(model);
        let texts: Vec<Vec<u32>> = expected(model).texts.into_iter().map(|text| text.ids).collect();
        let packed = decoder.logits(&Batch::of_texts(&texts)).unwrap();
        let mut first = 0;
        for text in &texts {
            let alone = decoder.logits(&Batch::of_texts(&[text])).unwrap();
            let error = difference(&packed.i(first..first + text.len()).unwrap(), &alone);
            assert!(error < 1e-5, "{model}: {error}");
            first += text.len();
        }
    }
}

#[test]
fn a_text_cut_anywhere_and_continued_on_the_cache_has_the_logits_that_it_has_whole() {
    for model in MODELS {
        let decoder = load(model);
        let text = &expected(model).texts[0].ids;
        let whole = decoder.logits(&Batch::of_texts(&[text])).unwrap();
        for cut in 1..text.len() {
            let rows: Vec<usize> = (0..cut).collect();
            let first = decoder.prefill(&Batch::of_texts(&[&text[..cut]]), &rows).unwrap();
            let error = difference(&decoder.head(&first.hidden).unwrap(), &whole.i(..cut).unwrap());
            assert!(error < 1e-5, "{model}, before the cut at {cut}: {error}");
            let mut batch = Batch::default();
            batch.push_after(&text[cut..], first.prefixes[0].clone());
            let error = difference(&decoder.logits(&batch).unwrap(), &whole.i(cut..).unwrap());
            assert!(error < 1e-5, "{model}, after the cut at {cut}: {error}");
            // The last block keeps all keys also where few rows are read.
            let first = decoder.prefill(&Batch::of_texts(&[&text[..cut]]), &[cut - 1]).unwrap();
            let mut batch = Batch::default();
            batch.push_after(&text[cut..], first.prefixes[0].clone());
            let error = difference(&decoder.logits(&batch).unwrap(), &whole.i(cut..).unwrap());
            assert!(error < 1e-5, "{model}, after the cut at {cut}, one row read: {error}");
        }
    }
}

/// The bits of hidden states, row by row.
fn bits(hidden: &Tensor) -> Vec<Vec<u32>> {
    let rows = hidden.to_vec2::<f32>().unwrap();
    rows.into_iter().map(|row| row.into_iter().map(f32::to_bits).collect()).collect()
}

#[test]
fn no_bit_of_a_hidden_state_depends_on_what_shares_the_pass_or_how_beginnings_are_shared() {
    for model in MODELS {
        let decoder = load(model);
        let texts: Vec<Vec<u32>> = expected(model).texts.into_iter().map(|text| text.ids).collect();
        let alone: Vec<Vec<Vec<u32>>> = texts
            .iter()
            .map(|text| bits(&decoder.hidden(&Batch::of_texts(&[text]), &(0..text.len()).collect::<Vec<_>>()).unwrap()))
            .collect();
        // Every text cut in two, the parts of all texts mixed: first all beginnings, then all ends, the last text first.
        for part in [1, 3, 7] {
            let cut = |text: &[u32]| text.len() * part / 8;
            let mut batch = Batch::default();
            let beginnings: Vec<usize> = texts.iter().map(|text| batch.push(&text[..cut(text)], None)).collect();
            let ends: Vec<usize> = (0..texts.len())
                .rev()
                .map(|text| batch.push(&texts[text][cut(&texts[text])..], Some(beginnings[text])))
                .collect();
            let rows: Vec<usize> = (0..batch.tokens.len()).collect();
            let together = bits(&decoder.hidden(&batch, &rows).unwrap());
            for (text, (beginning, end)) in beginnings.iter().zip(ends.iter().rev()).enumerate() {
                let [beginning, end] = [*beginning, *end].map(|segment| batch.segments[segment].rows.clone());
                let rows: Vec<Vec<u32>> = beginning.chain(end).map(|row| together[row].clone()).collect();
                assert_eq!(rows, alone[text], "{model}: text {text} cut at {part}/8");
            }
            // Reading the last rows only changes nothing in them.
            let last: Vec<usize> = ends.iter().map(|end| batch.segments[*end].rows.end - 1).collect();
            for (row, bits) in last.iter().zip(bits(&decoder.hidden(&batch, &last).unwrap())) {
                assert_eq!(bits, together[*row], "{model}: row {row} alone");
            }
        }
    }
}

//! What shares a pass changes no row, and a row sees nothing that comes after it.

use candle_core::IndexOp;
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

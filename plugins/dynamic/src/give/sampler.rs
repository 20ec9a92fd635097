//! Samplers behind the table.

use std::ffi::c_void;

use touchstone::Sampler;
use touchstone::sampler::{self, TokenId};

use super::{Given, close};
use crate::table::{Draw, Plugin, TextSink};
use crate::text::slice;

type Instance = Given<dyn Sampler>;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin { close: Some(close::<dyn Sampler>), sample: Some(sample), ..plugin }
}

unsafe extern "C" fn sample(
    instance: *mut c_void,
    logits: *mut f32,
    vocabulary: usize,
    history: *const u32,
    length: usize,
    draw: Draw,
    token: *mut u32,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call, and the logits are lent to be written.
    unsafe {
        Instance::call(instance, failure, |given| {
            let logits = if logits.is_null() { &mut [] } else { std::slice::from_raw_parts_mut(logits, vocabulary) };
            // A token id is a transparent `u32`.
            let history: &[TokenId] = slice(history.cast(), length).unwrap_or_default();
            let draw = sampler::Draw { seed: draw.seed, sequence: draw.sequence, position: draw.position };
            *token = given.plugin.sample(logits, history, draw)?.0;
            Ok(())
        })
    }
}

//! Draws a CSV: `look CSV PREFIX`.
use touchstone_report::figure::*;
#[allow(missing_docs)]
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = Table::from_csv(&std::fs::read_to_string(&a[1]).unwrap()).unwrap();
    let mut s = FigureSettings::default();
    for x in &a[3..] {
        match x.as_str() {
            "oracle" => s.oracle = true,
            "above" => s.legend = LegendPlace::Above,
            _ => {}
        }
    }
    let d = draw(&t, &s).unwrap();
    println!("{:?}", write(&d, a[2].as_ref()).unwrap());
}

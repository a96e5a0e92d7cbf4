//! The published hashes of six functions.

use munjigi_pow::Function;
use serde_json::Value;

#[test]
fn every_vector_holds() {
    let number = |value: &Value| u64::from_str_radix(value.as_str().unwrap(), 16).unwrap();
    let vectors: Value = serde_json::from_str(include_str!("hashwx-vectors.json")).unwrap();
    let mut checked = 0;
    for function in vectors["vectors"].as_array().unwrap() {
        let text = function["seed"].as_str().unwrap();
        assert_eq!(text.len(), 64);
        let seed =
            std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap());
        let interpreted = Function::from_seed(&seed);
        for vector in function["hashes"].as_array().unwrap() {
            assert_eq!(
                interpreted.hash(number(&vector["nonce"])),
                number(&vector["hash"]),
                "{vector}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 54);
}

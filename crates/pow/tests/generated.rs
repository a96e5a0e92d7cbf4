//! Generated modules compared with the interpreter, run by a WebAssembly
//! interpreter. `tests/journeys/pow.test.mjs` tests the engines of browsers.

#![expect(clippy::unwrap_used, reason = "a module that does not run fails the test")]

use munjigi_pow::{Function, codegen};
use proptest::prelude::*;
use wasmi::{Engine, Instance, Linker, Module, Store, TypedFunc};

struct Generated {
    store: Store<()>,
    hash: TypedFunc<i64, i64>,
    search: TypedFunc<(i64, i32, i64), i64>,
}

impl Generated {
    fn new(seed: &[u8; 32]) -> Self {
        let mut bytes = Vec::new();
        codegen::module(seed, &mut bytes);
        let engine = Engine::default();
        let module = Module::new(&engine, &bytes).unwrap();
        assert_eq!(module.imports().count(), 0);
        assert_eq!(module.exports().count(), 2);
        let mut store = Store::new(&engine, ());
        let instance: Instance =
            Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let hash = instance.get_typed_func(&store, "hash").unwrap();
        let search = instance.get_typed_func(&store, "search").unwrap();
        Self { store, hash, search }
    }

    fn hash(&mut self, nonce: u64) -> u64 {
        self.hash.call(&mut self.store, nonce.cast_signed()).unwrap().cast_unsigned()
    }

    fn search(&mut self, start: u64, count: i32, target: u64) -> Option<u64> {
        let range = (start.cast_signed(), count, target.cast_signed());
        u64::try_from(self.search.call(&mut self.store, range).unwrap()).ok()
    }
}

#[test]
fn a_module_is_appended_to_what_is_there() {
    let mut alone = Vec::new();
    codegen::module(&[7; 32], &mut alone);
    let mut appended = vec![1, 2, 3];
    codegen::module(&[7; 32], &mut appended);
    assert_eq!(appended[..3], [1, 2, 3]);
    assert_eq!(appended[3..], alone);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn generated_code_hashes_like_the_interpreter(seed: [u8; 32], nonces: [u64; 10]) {
        let interpreted = Function::from_seed(&seed);
        let mut generated = Generated::new(&seed);
        for nonce in nonces {
            prop_assert_eq!(generated.hash(nonce), interpreted.hash(nonce));
        }
    }

    #[test]
    fn a_search_finds_the_first_nonce_below_the_target(
        seed: [u8; 32],
        start in 0..1_u64 << 47,
        count in 0..60_i32,
        work in 2..100_u64,
    ) {
        let interpreted = Function::from_seed(&seed);
        let target = munjigi_pow::target(work);
        let end = start + u64::from(count.cast_unsigned());
        let first = (start..end).find(|nonce| interpreted.hash(*nonce) < target);
        prop_assert_eq!(Generated::new(&seed).search(start, count, target), first);
    }
}

//! What every origin answers, in HTTP.

macro_rules! assert_contract {
    ($name:literal, $answer:expr, $rig:expr) => {
        insta::assert_snapshot!($name, munjigi_rig::contract::contract(&$answer, &$rig.edge.url))
    };
}

mod bad_input;
mod counts;
mod events;
mod health;
mod outcomes;

//! munjigi-pow

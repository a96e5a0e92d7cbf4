//! munjigi-tests

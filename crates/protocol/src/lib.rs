//! munjigi-protocol

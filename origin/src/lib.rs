//! munjigi-origin

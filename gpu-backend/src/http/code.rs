//! The closed list of codes that this service answers with. A code is stable
//! for ever and is a metric label. Those that edge and origin have too are
//! spelt as theirs.

use std::fmt::Write;

macro_rules! codes {
    ($($variant:ident $status:literal $text:literal $meaning:literal;)+) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The spelling on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The HTTP status of its answers.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// What is wrong, the same every time.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }
        }
    };
}

codes! {
    MalformedRequest 400 "malformed-request"
        "The request is not what the route takes: query, JSON, types or content type.";
    ImageMissing 400 "image-missing" "The body, or a part of it, is empty.";
    TooManyImages 400 "too-many-images" "A batch has more images than are taken.";
    Unsigned 401 "unsigned" "The call carries no signature.";
    SignatureInvalid 401 "signature-invalid"
        "The signature does not match the call, or is meant for another part.";
    ClockSkew 401 "clock-skew" "The signature's time is more than five minutes away from ours.";
    Replayed 401 "replayed" "The signature was used before.";
    NotFound 404 "not-found" "There is nothing at this path.";
    ModelUnknown 404 "model-unknown" "There is no such model, or no such version of it.";
    MethodNotAllowed 405 "method-not-allowed" "The path takes another method.";
    PayloadTooLarge 413 "payload-too-large" "The body is longer than the route takes.";
    ImageTypeUnsupported 415 "image-type-unsupported"
        "The image is no JPEG, PNG or WebP; told by its bytes.";
    ImageTypeMismatch 415 "image-type-mismatch"
        "The image's bytes are of another type than its content type says.";
    ImageMalformed 422 "image-malformed" "The image cannot be decoded.";
    ImageTruncated 422 "image-truncated" "The image ends before its end.";
    ImageAnimated 422 "image-animated" "The image moves; only still ones are taken.";
    ImageTooLarge 422 "image-too-large" "The image has more pixels than are taken.";
    ImageTooCostly 422 "image-too-costly"
        "The image would take far more work to decode than its size explains.";
    RateLimited 429 "rate-limited"
        "The caller has as much under way, or had as much in an hour, as it may.";
    QueueFull 429 "queue-full" "As much waits as is taken on.";
    InternalError 500 "internal-error" "Ours: the log line with this request id says more.";
    ModelOutputMismatch 500 "model-output-mismatch"
        "The model's numbers do not fit its manifest.";
    Unavailable 503 "unavailable" "A part that this answer needs is not there now.";
    ModelUnavailable 503 "model-unavailable"
        "The model is there, cannot be used, and has no fallback.";
    EngineFailed 503 "engine-failed" "The model was not computed.";
    DeadlinePassed 504 "deadline-passed" "The answer would have come after the caller's deadline.";
}

/// The table of the README.
pub fn markdown() -> String {
    let mut text = String::from("| status | code | meaning |\n| --- | --- | --- |\n");
    for code in Code::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | `{}` | {} |", code.status(), code.as_str(), code.meaning());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_readme_is_this_one() {
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&markdown()), "put this into README.md:\n{}", markdown());
    }

    #[test]
    fn codes_that_others_have_too_are_spelt_and_answered_as_theirs() {
        for theirs in munjigi_protocol::Code::ALL {
            let same = Code::ALL.iter().find(|ours| ours.as_str() == theirs.as_str());
            if let Some(ours) = same {
                assert_eq!(ours.status(), theirs.http_status(), "{theirs}");
            }
        }
    }
}

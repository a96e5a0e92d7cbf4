//! The closed list of codes that this service answers with. A code is stable
//! for ever and is a metric label. Codes that edge and origin share are spelt
//! in the same way.

use std::fmt::Write;

macro_rules! codes {
    ($($variant:ident $status:literal $text:literal $meaning:literal;)+) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant,)+ }

        impl Code {
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
        "The request does not match the route: query, JSON, types or content type.";
    ImageMissing 400 "image-missing" "The body, or a part of it, is empty.";
    Unsigned 401 "unsigned" "The call has no signature.";
    SignatureInvalid 401 "signature-invalid"
        "The signature does not match the call, or is meant for another component.";
    ClockSkew 401 "clock-skew" "The signature's time differs from ours by more than five minutes.";
    Replayed 401 "replayed" "The signature was already used.";
    NotFound 404 "not-found" "Unknown path.";
    ModelUnknown 404 "model-unknown" "Unknown model or version.";
    MethodNotAllowed 405 "method-not-allowed" "The path does not support this method.";
    PayloadTooLarge 413 "payload-too-large" "The body is too long for the route.";
    ImageTypeUnsupported 415 "image-type-unsupported"
        "The image's bytes are not JPEG, PNG or WebP.";
    ImageTypeMismatch 415 "image-type-mismatch"
        "The image's bytes do not match its content type.";
    ImageMalformed 422 "image-malformed" "The image cannot be decoded.";
    ImageTruncated 422 "image-truncated" "The image ends before its end.";
    ImageAnimated 422 "image-animated" "The image is animated; only still images are accepted.";
    ImageTooLarge 422 "image-too-large" "The image has too many pixels.";
    ImageTooCostly 422 "image-too-costly"
        "Decoding the image would take far more work than its size justifies.";
    QueueFull 429 "queue-full" "The queue is full.";
    InternalError 500 "internal-error" "Internal error: see the log line with this request id.";
    ModelOutputMismatch 500 "model-output-mismatch"
        "The model's numbers do not fit its manifest.";
    Unavailable 503 "unavailable" "A required component is currently unavailable.";
    ModelUnavailable 503 "model-unavailable" "The model exists but cannot be used.";
    EngineFailed 503 "engine-failed" "The model could not be computed.";
    DeadlinePassed 504 "deadline-passed" "The response would have missed the caller's deadline.";
}

/// The table in the README.
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
    fn shared_codes_have_the_same_spelling_and_status() {
        for theirs in munjigi_protocol::Code::ALL {
            let same = Code::ALL.iter().find(|ours| ours.as_str() == theirs.as_str());
            if let Some(ours) = same {
                assert_eq!(ours.status(), theirs.http_status(), "{theirs}");
            }
        }
    }
}

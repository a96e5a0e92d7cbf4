//! Waiting for a condition, with a deadline and a name for what is missing.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Pause between two checks of a condition.
const PAUSE: Duration = Duration::from_millis(25);

/// Checks until the condition yields a value.
///
/// `look` returns `Ok(None)` for "not yet" and an error for "never".
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let looking = async {
        loop {
            if let Some(value) = look().await? {
                return anyhow::Ok(value);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(within, looking).await {
        Ok(result) => result.with_context(|| format!("waiting for {what}")),
        Err(_) => bail!("{what}: not within {} s", within.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deadline_names_what_is_missing() {
        let never = until("the moon", Duration::from_millis(60), async || Ok(None::<()>))
            .await
            .unwrap_err();
        assert!(never.to_string().contains("the moon"));
    }

    #[tokio::test]
    async fn a_value_ends_the_wait() {
        let mut looks = 0;
        let value = until("three looks", Duration::from_secs(5), async || {
            looks += 1;
            Ok((looks == 3).then_some(looks))
        });
        assert_eq!(value.await.unwrap(), 3);
    }
}

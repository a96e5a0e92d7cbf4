//! A stream whose peer has to take what is written. How slow a reader may be is
//! decided here; what is written, and by which version of HTTP, is not.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Each byte that a peer takes allows it this much more time: at 1 KB a second
/// it may take any answer, and no slower reader holds a connection for longer
/// than its patience. A slow phone reads twice as fast.
const PER_BYTE: Duration = Duration::from_millis(1);

/// A stream that fails once its peer has taken too little for too long.
///
/// It belongs below TLS: above, what TLS has buffered and the peer takes slowly
/// looks as if nothing moved.
#[derive(Debug)]
pub struct Paced<S> {
    stream: S,
    /// Bytes written.
    written: Arc<AtomicU64>,
    most: Duration,
    /// How much longer writes may wait: less after each wait, more with each byte.
    patience: Duration,
    /// Since when a write waits.
    waits_since: Option<Instant>,
    /// Made by the first write that waits: most connections never have one.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    /// A stream whose peer may take nothing for as long as `patience`; it adds
    /// up in `written` what the peer's side has taken.
    pub fn new(stream: S, patience: Duration, written: Arc<AtomicU64>) -> Self {
        Self { stream, written, most: patience, patience, waits_since: None, timer: None }
    }

    /// What a write has come to, or its failure if the peer's time is over.
    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match &outcome {
            Poll::Ready(Ok(done)) => self.moved(bytes(done)),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                if self.is_over(cx) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        outcome
    }

    fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.waits_since.take() {
            self.patience = self.patience.saturating_sub(since.elapsed());
        }
        if bytes > 0 {
            self.written.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        if self.patience < self.most {
            let more = PER_BYTE.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX));
            self.patience = self.patience.saturating_add(more).min(self.most);
        }
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience)));
        if self.waits_since.is_none() {
            let now = Instant::now();
            self.waits_since = Some(now);
            timer.as_mut().reset(now + self.patience);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, outcome, |written| *written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.judge(cx, outcome, |written| *written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        // A socket's flush is done at once, also while a write waits.
        if outcome.is_ready() { outcome } else { self.judge(cx, outcome, |()| 0) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        if outcome.is_ready() { outcome } else { self.judge(cx, outcome, |()| 0) }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Writes 200 KB to a reader that takes this much at once and then pauses.
    async fn write_to_reader_of(bytes: usize, pause: Duration) -> io::Result<()> {
        let (ours, mut theirs): (DuplexStream, DuplexStream) = duplex(4_096);
        let reading = tokio::spawn(async move {
            let mut taken = vec![0; bytes];
            while theirs.read_exact(&mut taken).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        });
        let mut paced = Paced::new(ours, PATIENCE, Arc::default());
        let written = paced.write_all(&vec![0; 200_000]).await;
        reading.abort();
        written
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_phone_gets_every_answer() {
        write_to_reader_of(2_000, Duration::from_secs(1)).await.unwrap();
        write_to_reader_of(40_000, Duration::from_secs(20)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_next_to_nothing_is_left() {
        for (bytes, seconds) in [(1, 29), (100, 1), (1, 3_600)] {
            let error = write_to_reader_of(bytes, Duration::from_secs(seconds)).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{bytes} bytes in {seconds} s");
        }
    }
}

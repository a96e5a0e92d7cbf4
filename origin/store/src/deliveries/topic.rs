//! The topics of deliveries.

/// A kind of delivery; each has one handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The filter of imported keys at the edge.
    VendorKeys,
    /// Lists at the edge, by id.
    Lists,
    /// Sites at the edge, by sitekey.
    Sites,
    /// Packs of pictures that the gpu-backend draws, by id.
    Drawings,
    /// Packs of pictures at the edge, by id.
    Packs,
    /// From which packs the edge deals.
    Pools,
    /// Emails, by number.
    Emails,
    /// Messages to webhooks, by `webhook-id`.
    Webhooks,
}

impl Topic {
    pub const ALL: [Self; 8] = [
        Self::VendorKeys,
        Self::Lists,
        Self::Sites,
        Self::Drawings,
        Self::Packs,
        Self::Pools,
        Self::Emails,
        Self::Webhooks,
    ];

    /// Its name in the table, in notices and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VendorKeys => "vendor-keys",
            Self::Lists => "lists",
            Self::Sites => "sites",
            Self::Drawings => "drawings",
            Self::Packs => "packs",
            Self::Pools => "pools",
            Self::Emails => "emails",
            Self::Webhooks => "webhooks",
        }
    }

    /// Whether a row stays after its delivery. It does where the far side holds
    /// a state, which may have to be delivered again or overtaken; a message is
    /// over when it has arrived, and a drawing when it is complete.
    pub(super) const fn is_kept(self) -> bool {
        match self {
            Self::VendorKeys | Self::Lists | Self::Sites | Self::Packs | Self::Pools => true,
            Self::Drawings | Self::Emails | Self::Webhooks => false,
        }
    }
}

//! What a provider issues: an access token, its expiry, and what renews it.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::time::UnixMillis;

/// The tokens of one session at one generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSet {
    /// Sent to the provider as `Authorization: Bearer`.
    pub access_token: Secret,
    /// Renews the access token. `None`: the session ends when the access token does.
    #[serde(default)]
    pub refresh_token: Option<Secret>,
    /// When the access token stops working, on the provider's clock. `None`: not known, or never.
    #[serde(default)]
    pub expires_at: Option<UnixMillis>,
    /// When the provider issued the set, on the provider's clock.
    pub obtained_at: UnixMillis,
    /// Granted scope, if the provider named one (RFC 6749 §3.3).
    #[serde(default)]
    pub scope: Option<String>,
}

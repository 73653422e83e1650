//! What servers call.

use wasm_bindgen::prelude::*;

use super::convert::{call, from_js, to_js};
use super::error::{misuse, thrown};
use crate::http::SendResult;
use crate::json::Json;
use crate::manager::Manager;
use crate::provider::oauth::client_credentials;
use crate::rotation::{self, Record};
use crate::time::UnixMillis;

/// One configuration of the core. Holds no user's state.
#[wasm_bindgen]
pub struct TokenManager {
    pub(super) core: Manager,
}

#[wasm_bindgen]
impl TokenManager {
    /// `instance`: 8 random bytes, new for each process. Throws `ERR_KEY_RING` or `ERR_CONFIG`.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, instance: &[u8]) -> Result<TokenManager, JsValue> {
        let instance = instance.try_into().map_err(misuse)?;
        let core = Manager::new(&from_js(&config)?, instance).map_err(thrown)?;
        Ok(Self { core })
    }

    /// `Input` → `Step`.
    pub fn begin(
        &self,
        input: JsValue,
        now: f64,
        skew_ms: f64,
        seed: &[u8],
    ) -> Result<JsValue, JsValue> {
        let (clock, entropy) = call(now, skew_ms, seed)?;
        to_js(self.core.begin(from_js(&input)?, clock, entropy))
    }

    /// The result of one effect → `Step`.
    pub fn resume(
        &self,
        state: JsValue,
        id: u32,
        result: JsValue,
        now: f64,
        skew_ms: f64,
        seed: &[u8],
    ) -> Result<JsValue, JsValue> {
        let (clock, entropy) = call(now, skew_ms, seed)?;
        let step = self.core.resume(from_js(&state)?, id, from_js(&result)?, clock, entropy);
        to_js(step.map_err(misuse)?)
    }

    /// The cookies that carry new application data, or the reason why nobody is signed in.
    pub fn update(
        &self,
        cookies: &str,
        data: String,
        now: f64,
        skew_ms: f64,
        seed: &[u8],
    ) -> Result<JsValue, JsValue> {
        let (clock, entropy) = call(now, skew_ms, seed)?;
        match self.core.update(cookies, data, clock, entropy) {
            Ok(written) => to_js(written.map_err(thrown)?),
            Err(reason) => to_js(reason),
        }
    }

    /// The value of the cookie `name` that holds what a sign-in by redirect has to remember.
    #[wasm_bindgen(js_name = sealSignIn)]
    pub fn seal_sign_in(&self, name: &str, text: &str, seed: &[u8]) -> Result<String, JsValue> {
        let (_, entropy) = call(0.0, 0.0, seed)?;
        self.core.seal_sign_in(name, text, entropy).map_err(thrown)
    }

    /// What it held; nothing for any other value.
    #[wasm_bindgen(js_name = unsealSignIn)]
    pub fn unseal_sign_in(&self, name: &str, sealed: &str) -> Option<String> {
        self.core.unseal_sign_in(name, sealed)
    }

    /// Whether a data call's answer says that the access token is no longer accepted.
    #[wasm_bindgen(js_name = rejectsAccessToken)]
    pub fn rejects_access_token(
        &self,
        status: u16,
        www_authenticate: Option<String>,
        body: JsValue,
    ) -> Result<bool, JsValue> {
        let body: Option<Json> = from_js(&body)?;
        Ok(self.core.rejects_access_token(status, www_authenticate.as_deref(), body.as_ref()))
    }
}

/// Applies one verb to a record in process memory → `[record, answer]`.
#[wasm_bindgen(js_name = applyVerb)]
pub fn apply_verb(
    record: JsValue,
    forgotten: Option<u32>,
    verb: JsValue,
    now: f64,
) -> Result<JsValue, JsValue> {
    let record: Option<Record> = from_js(&record)?;
    let now = UnixMillis(now as i64);
    let (record, answer) = rotation::apply(record, forgotten, from_js(&verb)?, now);
    to_js((record, answer))
}

/// The request for a token of the application itself. Throws `ERR_CONFIG`.
#[wasm_bindgen(js_name = clientCredentialsRequest)]
pub fn client_credentials_request(config: JsValue) -> Result<JsValue, JsValue> {
    to_js(client_credentials::request(from_js(&config)?).map_err(thrown)?)
}

/// The token in the answer. Throws why there is none, with the cool-down as `retryAfterMs`.
#[wasm_bindgen(js_name = clientCredentialsOutcome)]
pub fn client_credentials_outcome(
    result: JsValue,
    failures: u32,
    now: f64,
) -> Result<JsValue, JsValue> {
    let result: SendResult = from_js(&result)?;
    let now = UnixMillis(now as i64);
    to_js(client_credentials::outcome(&result, failures, now).map_err(thrown)?)
}

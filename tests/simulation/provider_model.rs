//! Providers behind Directus' wire format and behind that of OAuth, and the tokens that they issue.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tokenkeep::http::{HttpRequest, HttpResponse, SendResult};
use tokenkeep::json::Json;
use tokenkeep::secret::Secret;
use tokenkeep::time::{Millis, UnixMillis};

use crate::scenario::{Rotation, Scenario, Wire};

/// In every token that is ever issued, and therefore in no log line.
pub const MARK: &str = "NOTFORLOGS";

/// Bytes by which large tokens are larger, in turn: for cookies of one part, of two and of three.
const SIZES: [usize; 3] = [0, 3_300, 6_600];

/// What a token's text says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub user: usize,
    /// One login, and everything that was refreshed from it.
    pub family: usize,
    /// Counts the refreshes of the family.
    pub serial: usize,
    /// When it expires, provider's clock. Zero for refresh tokens.
    pub expires_at: i64,
}

impl Token {
    /// Finds the first token in some text.
    pub fn find(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(MARK)?;
        let mut numbers = rest.strip_prefix('-')?.split('-');
        let mut number = || {
            let digits = numbers.next()?;
            digits.split(|next: char| !next.is_ascii_digit()).next()?.parse::<i64>().ok()
        };
        let (user, family, serial, expires_at) = (number()?, number()?, number()?, number()?);
        let size = |number: i64| usize::try_from(number).ok();
        Some(Self { user: size(user)?, family: size(family)?, serial: size(serial)?, expires_at })
    }

    fn text(self) -> String {
        let Self { user, family, serial, expires_at } = self;
        format!("{MARK}-{user}-{family}-{serial}-{expires_at}-")
    }

    /// A signed token as Directus makes it; the signature is readable here.
    fn jwt(self, issued_at: i64, more: &str) -> String {
        let (iat, exp, user) = (issued_at / 1000, self.expires_at / 1000, self.user);
        let claims = format!(
            r#"{{"iat":{iat},"exp":{exp},"iss":"directus","id":"user-{user}","more":"{more}"}}"#
        );
        format!("e30.{}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims), self.text())
    }
}

/// One login at the provider.
struct Family {
    user: usize,
    revoked: bool,
    /// The refresh token that a client should have.
    current: usize,
    issued: usize,
    /// By serial: when its successor was issued, and which it is.
    rotated: BTreeMap<usize, (i64, usize)>,
    /// By serial, in Directus session mode: when the token expires.
    expires: BTreeMap<usize, i64>,
}

/// A request as the provider understands it.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    Login { user: usize },
    Refresh(Token),
    Logout(Token),
}

impl Call {
    pub fn read(request: &HttpRequest) -> Option<Self> {
        let body = request.body.as_ref().map_or("", Secret::expose);
        if request.url.ends_with("/auth/login") {
            let (_, rest) = body.split_once("user-")?;
            let user = rest.split('@').next()?.parse().ok()?;
            return Some(Self::Login { user });
        }
        let cookie = request
            .headers
            .0
            .iter()
            .find(|header| header.0 == "cookie")
            .map(|header| header.1.expose());
        let token = Token::find(cookie.unwrap_or(body))?;
        let refreshes = request.url.ends_with("/auth/refresh") || request.url.ends_with("/token");
        Some(if refreshes { Self::Refresh(token) } else { Self::Logout(token) })
    }
}

pub struct Provider {
    rotation: Rotation,
    wire: Wire,
    lifetime: i64,
    large_tokens: bool,
    families: Vec<Family>,
}

impl Provider {
    pub fn new(scenario: &Scenario) -> Self {
        let Scenario { rotation, wire, lifetime, large_tokens, .. } = *scenario;
        Self { rotation, wire, lifetime, large_tokens, families: Vec::new() }
    }

    /// Whether this refresh token would be accepted now.
    pub fn accepts(&self, family: usize, serial: usize, now: i64) -> bool {
        let family = &self.families[family];
        if family.revoked {
            return false;
        }
        let window = self.rotation.reuse_window();
        let in_window = family.rotated.get(&serial).is_some_and(|(at, next)| {
            let chains = self.rotation == Rotation::DirectusSession;
            now - at < window && (chains || *next == family.current)
        });
        let lives = family.expires.get(&serial).is_none_or(|expiry| now < *expiry);
        lives && (serial == family.current || in_window)
    }

    /// Whether a newer refresh token has taken this one's place.
    pub fn has_rotated(&self, token: Token) -> bool {
        self.families[token.family].current != token.serial
    }

    /// Whether the client of this family could go on with some token.
    pub fn is_living(&self, family: usize, now: i64) -> bool {
        self.accepts(family, self.families[family].current, now)
    }

    /// When the newest token expires, in Directus session mode.
    pub fn expiry(&self, family: usize) -> i64 {
        let family = &self.families[family];
        family.expires.get(&family.current).copied().unwrap_or(i64::MAX)
    }

    pub fn current(&self, family: usize) -> usize {
        self.families[family].current
    }

    pub fn is_revoked(&self, family: usize) -> bool {
        self.families[family].revoked
    }

    pub fn families(&self) -> usize {
        self.families.len()
    }

    /// Directus reads the token when the request arrives and writes the new one later: here is what it
    /// read. Everybody else judges when they write.
    pub fn read(&self, call: Call) -> bool {
        match call {
            Call::Refresh(token) => {
                let family = &self.families[token.family];
                !family.revoked && family.current == token.serial
            }
            Call::Login { .. } | Call::Logout(_) => true,
        }
    }

    /// Acts on a request and answers it. `read` is what [`Provider::read`] said.
    pub fn act(&mut self, call: Call, read: bool, now: i64) -> HttpResponse {
        match call {
            Call::Login { user } => {
                self.families.push(Family {
                    user,
                    revoked: false,
                    current: 0,
                    issued: 1,
                    rotated: BTreeMap::new(),
                    expires: BTreeMap::new(),
                });
                self.issue(self.families.len() - 1, 0, true, now)
            }
            Call::Refresh(token) => self.refresh(token, read, now),
            Call::Logout(token) => self.logout(token, now),
        }
    }

    fn refresh(&mut self, token: Token, read: bool, now: i64) -> HttpResponse {
        let Token { family: id, serial, .. } = token;
        let accepted = self.accepts(id, serial, now);
        let family = &mut self.families[id];
        match self.rotation {
            // RFC 6749 §6: whoever does not rotate need not repeat the token.
            Rotation::None if accepted => self.issue(id, 0, now % 2 == 0, now),
            Rotation::DirectusJson if read => {
                let next = family.issue();
                // The row is found by the old token: the first to write wins.
                if family.current == serial {
                    family.current = next;
                }
                self.issue(id, next, true, now)
            }
            Rotation::Strict | Rotation::Overlap | Rotation::DirectusSession if accepted => {
                let next = match family.rotated.get(&serial) {
                    Some((_, next)) => *next,
                    None => family.rotate(serial, now),
                };
                self.issue(id, next, true, now)
            }
            Rotation::Strict | Rotation::Overlap => {
                // Reuse: the thief or the victim, who knows; both are signed out.
                family.revoked = true;
                self.refused()
            }
            Rotation::DirectusSession if token.expires_at <= now => refusal("TOKEN_EXPIRED"),
            _ => self.refused(),
        }
    }

    /// A refresh token that does not work (any more).
    fn refused(&self) -> HttpResponse {
        match self.wire {
            Wire::Directus => refusal("INVALID_CREDENTIALS"),
            Wire::OAuth => {
                let error = ("error".into(), Json::Text(Secret::new("invalid_grant")));
                HttpResponse { status: 400, body: Some(Json::Object(vec![error])), ..empty(0) }
            }
        }
    }

    fn logout(&mut self, token: Token, now: i64) -> HttpResponse {
        let family = &mut self.families[token.family];
        match self.rotation {
            Rotation::DirectusSession if token.expires_at <= now => {
                return refusal("TOKEN_EXPIRED");
            }
            Rotation::DirectusJson | Rotation::DirectusSession => {
                family.revoked |= family.current == token.serial;
            }
            Rotation::Strict | Rotation::Overlap | Rotation::None => family.revoked = true,
        }
        let status = if self.wire == Wire::OAuth { 200 } else { 204 };
        HttpResponse { status, ..empty(now) }
    }

    fn issue(&mut self, id: usize, serial: usize, whole: bool, now: i64) -> HttpResponse {
        let family = &mut self.families[id];
        let expires_at = (now + self.lifetime) / 1000 * 1000;
        let token = Token { user: family.user, family: id, serial, expires_at };
        let more = if self.large_tokens { SIZES[serial % SIZES.len()] } else { 0 };
        let jwt = token.jwt(now, &"x".repeat(more));
        let mut data = match self.wire {
            Wire::Directus => vec![("expires".into(), number(self.lifetime))],
            Wire::OAuth => vec![("expires_in".into(), number(self.lifetime / 1000))],
        };
        let mut set_cookie = Vec::new();
        if self.rotation == Rotation::DirectusSession {
            family.expires.insert(serial, expires_at);
            set_cookie.push(Secret::new(format!("directus_session_token={jwt}; Path=/; HttpOnly")));
        } else {
            data.push(("access_token".into(), Json::Text(Secret::new(jwt))));
            if whole {
                let refresh_token = Token { expires_at: 0, ..token }.text();
                data.push(("refresh_token".into(), Json::Text(Secret::new(refresh_token))));
            }
        }
        let mut body = Json::Object(data);
        if self.wire == Wire::Directus {
            body = Json::Object(vec![("data".into(), body)]);
        }
        HttpResponse { status: 200, set_cookie, body: Some(body), ..empty(now) }
    }
}

impl Family {
    fn issue(&mut self) -> usize {
        self.issued += 1;
        self.issued - 1
    }

    fn rotate(&mut self, serial: usize, now: i64) -> usize {
        let next = self.issue();
        self.rotated.insert(serial, (now, next));
        self.current = next;
        next
    }
}

/// The token that an answer holds.
pub fn issued(result: &SendResult) -> Option<Token> {
    let SendResult::Response(response) = result else { return None };
    if response.status != 200 {
        return None;
    }
    let body = response.body.as_ref();
    let body = body.and_then(|body| body.get("data").unwrap_or(body).get("access_token")?.text());
    let cookie = response.set_cookie.first().map(Secret::expose);
    Token::find(body.or(cookie)?)
}

/// Not now: the token was not used.
pub fn unavailable(status: u16, retry_after: Option<i64>, now: i64) -> HttpResponse {
    HttpResponse { status, retry_after_ms: retry_after.map(Millis), ..empty(now) }
}

fn refusal(code: &str) -> HttpResponse {
    let text = |text: &str| Json::Text(Secret::new(text));
    let object = |name: &str, value| Json::Object(vec![(name.to_owned().into(), value)]);
    let error = object("extensions", object("code", text(code)));
    HttpResponse { status: 401, body: Some(object("errors", Json::List(vec![error]))), ..empty(0) }
}

fn empty(now: i64) -> HttpResponse {
    HttpResponse {
        status: 0,
        date: (now > 0).then_some(UnixMillis(now / 1000 * 1000)),
        retry_after_ms: None,
        set_cookie: Vec::new(),
        body: None,
    }
}

fn number(number: i64) -> Json {
    Json::Number(f64::from(u32::try_from(number).unwrap_or(u32::MAX)))
}

//! What a driver does that has one of the faults.

use tokenkeep::http::SendResult;
use tokenkeep::json::Json;
use tokenkeep::manager::Opened;
use tokenkeep::rotation::{Answer, Verb};
use tokenkeep::session::set_cookie::CookiePolicy;
use tokenkeep::step::{EffectResult, EndReason};

use crate::faults::Fault;
use crate::flight::{Asked, Flight, Wish};
use crate::provider_model::Call;
use crate::world::{Event, World};

impl World {
    /// What a driver makes of a result that has one of the faults.
    pub fn altered(&self, at: usize, asked: Asked, mut result: EffectResult) -> EffectResult {
        if self.fault == Fault::RotatedTokenDropped {
            drop_refresh_token(&mut result);
        }
        let no_answer = matches!(result, EffectResult::Store { answer: Answer::NoAnswer });
        if self.fault != Fault::SendWithoutAnswer || !no_answer {
            return result;
        }
        match asked {
            Asked::Claim => {
                let answer = Answer::Granted { taken_over: false, replay: false };
                EffectResult::Store { answer }
            }
            Asked::Extend if !self.has_sent(at) => EffectResult::Store { answer: Answer::Extended },
            _ => result,
        }
    }

    pub fn without_second_decision(&self, result: &EffectResult) -> Option<EffectResult> {
        match result {
            EffectResult::Store { answer: answer @ Answer::Newer { .. } }
                if self.fault == Fault::NoSecondDecision =>
            {
                Some(EffectResult::Store { answer: answer.clone() })
            }
            _ => None,
        }
    }

    /// The fault as above: what the core asks for later has been done already.
    pub fn has_revoked(&self, at: usize, call: Call) -> bool {
        let Flight { revoked_early, presented_token, .. } = self.flights[at];
        let family = presented_token.map(|token| token.family);
        revoked_early && matches!(call, Call::Logout(token) if Some(token.family) == family)
    }

    /// The fault: of the sessions in a jar only the current one is known to whoever ends it.
    pub fn without_the_others(&self, cookies: &mut String, opened: &Result<Opened, EndReason>) {
        let (Fault::OneSessionOfTheJar, Ok(opened)) = (self.fault, opened) else { return };
        let name = CookiePolicy::default().cookie_name(opened.session.id);
        let own = cookies.split("; ").filter(|pair| pair.starts_with(&name));
        *cookies = own.collect::<Vec<_>>().join("; ");
    }

    /// The fault: nobody waits for the publication of a login.
    pub fn welcome_early(&mut self, at: usize, id: u32, verb: &Verb) -> bool {
        let logs_in = matches!(self.flights[at].wish, Wish::Login { .. });
        let publishes = matches!(verb, Verb::Publish { .. });
        if self.fault != Fault::WelcomeBeforePublish || !logs_in || !publishes {
            return false;
        }
        let result = EffectResult::Store { answer: Answer::Published };
        self.queue.after(0, Event::Report { flight: at, effect: id, result });
        true
    }

    /// The fault: the provider first, then the record. The token is the one in the request's cookie.
    pub fn revoke_early(&mut self, at: usize, session_id: &str, verb: &Verb) -> Option<i64> {
        let logs_out = matches!(verb, Verb::End { generation: None, revoked: false, .. });
        let flight = &mut self.flights[at];
        if self.fault != Fault::RevokeBeforeEnded || !logs_out || flight.revoked_early {
            return None;
        }
        let token = flight.presented_token?;
        if self.session_of.get(session_id) != Some(&token.family) {
            return None;
        }
        flight.revoked_early = true;
        self.queue.after(10, Event::RevokeEarly { token });
        Some(60)
    }
}

fn drop_refresh_token(result: &mut EffectResult) {
    let EffectResult::Sent { result: SendResult::Response(response) } = result else { return };
    if let Some(Json::Object(members)) = &mut response.body {
        members.retain(|(name, _)| name != "refresh_token");
    }
}

//! What an account asks of passwords.

use http::StatusCode;
use throng_api::PasswordPolicy;
use throng_directory::model::passwords::Policy;

use crate::access::Authorised;
use crate::admin::show;
use crate::call::{Call, Outcome};
use crate::json;

/// GET `/accounts/{accountId}/password-policy`.
pub(crate) async fn policy(caller: Authorised, call: Call) -> Outcome {
    let policy = call.state.directory.password_policy(&caller).await?;
    show(StatusCode::OK, &shown(&policy))
}

/// PUT `/accounts/{accountId}/password-policy`: what the body lacks has its default.
pub(crate) async fn set_policy(caller: Authorised, mut call: Call) -> Outcome {
    let asked: PasswordPolicy = json::read(&mut call).await?;
    let policy = call.state.directory.set_password_policy(&caller, given(asked)).await?;
    show(StatusCode::OK, &shown(&policy))
}

const fn shown(policy: &Policy) -> PasswordPolicy {
    PasswordPolicy {
        length: policy.length,
        special_chars: policy.special_chars,
        upper_case: policy.upper_case,
        lower_case: policy.lower_case,
        digits: policy.digits,
        max_no_of_consecutive_chars: policy.max_no_of_consecutive_chars,
        max_no_of_consecutive_char_sets: policy.max_no_of_consecutive_char_sets,
        password_history: policy.password_history,
        not_username: policy.not_username,
    }
}

const fn given(policy: PasswordPolicy) -> Policy {
    Policy {
        length: policy.length,
        special_chars: policy.special_chars,
        upper_case: policy.upper_case,
        lower_case: policy.lower_case,
        digits: policy.digits,
        max_no_of_consecutive_chars: policy.max_no_of_consecutive_chars,
        max_no_of_consecutive_char_sets: policy.max_no_of_consecutive_char_sets,
        password_history: policy.password_history,
        not_username: policy.not_username,
    }
}

//! What handlers take out of a request.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Refused;
use crate::emulator::attachment::Upload;
use crate::emulator::refusal::{Faults, Refusal};

/// Ids from the path.
pub(super) struct Ids<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(_) => {
                let reason = "A value in the path is not snowflake.";
                Err(Refused(Refusal::Form(Faults::one("", "NUMBER_TYPE_COERCE", reason))))
            }
        }
    }
}

/// The body, parsed once at the door; Null when there was none.
#[derive(Clone)]
pub(super) struct Body(pub(super) Value);

impl<S: Send + Sync> FromRequestParts<S> for Body {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        parts.extensions.remove::<Self>().ok_or(Refused(Refusal::InvalidJson))
    }
}

/// The files beside the body.
#[derive(Clone, Default)]
pub(super) struct Files(pub(super) Vec<Upload>);

impl<S: Send + Sync> FromRequestParts<S> for Files {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(parts.extensions.remove::<Self>().unwrap_or_default())
    }
}

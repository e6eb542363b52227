//! The connection: addresses, the credential, and how answers are told from refusals.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Result;
use crate::answer::Answer;
use crate::error::{Error, Refusal};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const JSON: &str = "application/json";
const SCIM_JSON: &str = "application/scim+json";

/// One server, spoken to with one credential. Clones share their connections.
///
/// There is no limit on how long an answer may take: an import is answered when the whole file has been read.
/// Where that matters, wrap the call in `tokio::time::timeout`.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

/// Does not show the credential.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// A request that can be told by name when it fails.
pub(crate) struct Request {
    name: String,
    builder: RequestBuilder,
}

impl Client {
    /// A client of the server at `base_url` (`http://127.0.0.1:8080`; a path in it goes before every path of the
    /// API), with a credential for `Authorization: Bearer`.
    ///
    /// # Errors
    /// `Setup` for a URL that is not `http` or `https` and for a credential that cannot stand in a header.
    pub fn new(base_url: &str, token: &str) -> Result<Self> {
        let base = Url::parse(base_url).map_err(|error| Error::Setup(format!("{base_url}: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(Error::Setup(format!("{base_url}: this client speaks http and https only")));
        }
        let unusable =
            |_| Error::Setup("the credential has characters that cannot stand in a header".to_owned());
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(unusable)?;
        bearer.set_sensitive(true);
        let builder = reqwest::Client::builder();
        // Who speaks plainly does not need the system's authorities: there may be none.
        let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let http = builder
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .no_proxy()
            .build()?;
        Ok(Self { http, base })
    }

    /// A request to the path made of these pieces, each percent-encoded as it needs.
    pub(crate) fn request(&self, method: Method, pieces: &[&str]) -> Request {
        let mut url = self.base.clone();
        // A URL with a host, which `new` has seen to, always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(pieces);
        }
        Request { name: format!("{method} {}", url.path()), builder: self.http.request(method, url) }
    }

    pub(crate) fn get(&self, pieces: &[&str]) -> Request {
        self.request(Method::GET, pieces)
    }
}

impl Request {
    pub(crate) fn query<T: Serialize>(self, pairs: &[(&str, T)]) -> Self {
        Self { builder: self.builder.query(pairs), ..self }
    }

    pub(crate) fn header(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => Self { builder: self.builder.header(name, value), ..self },
            None => self,
        }
    }

    pub(crate) fn json<T: Serialize>(self, body: &T) -> Self {
        Self { builder: self.builder.json(body), ..self }
    }

    pub(crate) fn scim_body(self, body: impl Into<reqwest::Body>) -> Self {
        Self { builder: self.builder.header(CONTENT_TYPE, SCIM_JSON).body(body), ..self }
    }

    pub(crate) fn multipart(self, form: reqwest::multipart::Form) -> Self {
        Self { builder: self.builder.multipart(form), ..self }
    }

    /// Sends it and reads the JSON of the answer.
    pub(crate) async fn read<T: DeserializeOwned>(self) -> Result<T> {
        let (name, response) = self.send(JSON).await?;
        parse(name, &response.text().await?)
    }

    /// Sends it and reads the answer as SCIM.
    pub(crate) async fn scim(self) -> Result<Answer> {
        let (name, response) = self.send(SCIM_JSON).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = if text.is_empty() { Value::Null } else { parse(name, &text)? };
        Ok(Answer::new(status, &headers, body))
    }

    async fn send(self, accept: &str) -> Result<(String, Response)> {
        let response = self.builder.header(ACCEPT, accept).send().await?;
        if response.status().is_success() {
            return Ok((self.name, response));
        }
        let status = response.status().as_u16();
        // A refusal whose body breaks off is still a refusal.
        let body = response.text().await.unwrap_or_default();
        Err(Refusal::read(self.name, status, body).into())
    }
}

fn parse<T: DeserializeOwned>(request: String, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Unreadable {
        request,
        body: text.to_owned(),
        reason: error.to_string(),
    })
}

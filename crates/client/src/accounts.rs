//! Accounts and keys: what an operator's key can do.

use reqwest::Method;
use throng_api::{
    AccountCreate, AccountCreated, AccountSettings, KeyCreate, KeyCreated, KeyList, KeyRotate, KeyShown,
};

use crate::{Client, Result};

impl Client {
    /// Makes an account: a letter, then up to 62 letters, digits and hyphens.
    ///
    /// # Errors
    /// `Refused`: 400 for the name, 403 without an operator's key, 409 when the account exists.
    pub async fn create_account(&self, name: &str) -> Result<()> {
        let asked = AccountCreate { name: name.to_owned() };
        let request = self.request(Method::POST, &["api", "v1", "accounts"]).json(&asked);
        request.read::<AccountCreated>().await.map(drop)
    }

    /// The settings of an account.
    ///
    /// # Errors
    /// `Refused`: 403 without an operator's key, 404 for the account.
    pub async fn account_settings(&self, account: &str) -> Result<AccountSettings> {
        self.get(&["api", "v1", "accounts", account, "settings"]).read().await
    }

    /// Changes those settings of an account that are given; all of them, as they are then.
    ///
    /// # Errors
    /// `Refused`: 400 for a value that there is none of, 403 without an operator's key, 404 for the account, 409 for
    /// a setting that what is in the account does not allow.
    pub async fn change_account_settings(
        &self,
        account: &str,
        changes: &AccountSettings,
    ) -> Result<AccountSettings> {
        let path = ["api", "v1", "accounts", account, "settings"];
        self.request(Method::PATCH, &path).json(changes).read().await
    }

    /// Makes a key of an account and returns the credential, which cannot be read again.
    ///
    /// # Errors
    /// `Refused`: 400 for what is asked, 403 without an operator's key, 404 for the account.
    pub async fn create_key(&self, account: &str, key: &KeyCreate) -> Result<KeyCreated> {
        self.request(Method::POST, &["api", "v1", "accounts", account, "keys"]).json(key).read().await
    }

    /// The keys of an account, without their secrets.
    ///
    /// # Errors
    /// `Refused`: 403 for who may not manage them, 404 for the account.
    pub async fn keys(&self, account: &str) -> Result<Vec<KeyShown>> {
        Ok(self.get(&["api", "v1", "accounts", account, "keys"]).read::<KeyList>().await?.keys)
    }

    /// Makes a key that takes the place of another, which ends a while later.
    ///
    /// # Errors
    /// `Refused`: 400 for what is asked, 403 for who may not manage keys, 404 for the account and the key.
    pub async fn rotate_key(&self, account: &str, key: &str, asked: &KeyRotate) -> Result<KeyCreated> {
        let path = ["api", "v1", "accounts", account, "keys", key, "rotate"];
        self.request(Method::POST, &path).json(asked).read().await
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// `Refused`: 403 for who may not manage keys, 404 for the account and the key.
    pub async fn delete_key(&self, account: &str, key: &str) -> Result<()> {
        let path = ["api", "v1", "accounts", account, "keys", key];
        self.request(Method::DELETE, &path).scim().await.map(drop)
    }

    /// Takes the server's clock as right after it has gone on by more than a day.
    ///
    /// # Errors
    /// `Refused`: 403 without an operator's key.
    pub async fn confirm_clock(&self) -> Result<()> {
        self.request(Method::POST, &["api", "v1", "clock", "confirm"]).scim().await.map(drop)
    }
}

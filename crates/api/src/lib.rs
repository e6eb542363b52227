//! Wire types of the admin, native and report APIs: plain data with serde and OpenAPI schemas, no logic.
//!
//! The server writes and the client reads the same structures. Fields stand in the order in which they are
//! written.

pub mod accounts;
pub mod audit;
pub mod groups;
pub mod jobs;
pub mod native_jobs;
pub mod oauth;
pub mod passwords;
pub mod people;
pub mod problem;
pub mod profiles;
pub mod report;
pub mod service;
pub mod uploads;

pub use accounts::{
    AccountCreate, AccountCreated, AccountSettings, ClientChange, ClientCreate, ClientList, ClientShown,
    KeyCreate, KeyCreated, KeyList, KeyRotate, KeyShown, MemberList, MemberShown, MemberWrite, SettingNumber,
};
pub use audit::{AuditList, AuditRecord, AuditRecordsPage, AuditRow, AuditSearch};
pub use groups::{Group, GroupResource, GroupWrite, GroupsPage, ResourceIds};
pub use jobs::{
    JobAccepted, JobCount, JobDetails, JobIds, JobStopped, JobUser, JobUsersPage, JobsItem, JobsPage, Links,
    Pagination,
};
pub use native_jobs::{
    Job, JobChange, JobCounts, JobDryRun, JobItem, JobItemList, JobList, JobRedrive, JobTarget, UsersDelete,
    UsersForget,
};
pub use oauth::{
    AuthorizationForm, AuthorizationServer, Introspection, OAuthError, TokenAnswer, TokenNamed, TokenRequest,
    VerifyingKey, VerifyingKeys,
};
pub use passwords::PasswordPolicy;
pub use people::{
    Password, RoleStatus, Sent, User, UserCondition, UserIds, UserPage, UserSearch, UserStatus, UserWrite,
};
pub use problem::{Problem, Violation};
pub use profiles::{Profile, ProfileIds, ProfileStatus, ProfileWrite, ProfilesPage};
pub use report::{JobReport, ReportError};
pub use service::{Health, Limits};
pub use uploads::{UploadCreate, UploadDetails, UploadList, UploadListed, UploadPart};

#[cfg(test)]
mod tests;

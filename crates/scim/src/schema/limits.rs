//! How much a server may be configured to know: enough for any directory, and little enough that a look-up by walking
//! a list stays cheaper than a hash.

/// Schemas of one server, the built-in ones included.
pub const SCHEMAS_MAX: usize = 128;
/// Resource types of one server, the built-in ones included.
pub const RESOURCE_TYPES_MAX: usize = 64;
/// Extensions of one resource type.
pub const EXTENSIONS_MAX: usize = 16;
/// Attributes of one schema.
pub const ATTRIBUTES_MAX: usize = 256;
/// Sub-attributes of one complex attribute.
pub const SUB_ATTRIBUTES_MAX: usize = 64;
/// Words in one `canonicalValues` or `referenceTypes`.
pub const WORDS_MAX: usize = 256;
/// Bytes of a name of an attribute, a resource type or an endpoint: all of them stand in paths and URLs.
pub const NAME_BYTES_MAX: usize = 64;
/// Bytes of a schema's URN.
pub const URN_BYTES_MAX: usize = 256;
/// Bytes of a description, of a schema's name or of a word.
pub const TEXT_BYTES_MAX: usize = 2_048;

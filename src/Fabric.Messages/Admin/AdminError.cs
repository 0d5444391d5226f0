using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>What the admin socket answers instead of what was asked for, with a status other than 200.</summary>
/// <param name="Error">What is wrong and what to do, for people.</param>
/// <param name="Parameter">The query parameter that is wrong, if one is.</param>
/// <param name="Value">What it was.</param>
/// <param name="Allowed">What it may be; for an unknown path or parameter, those that exist.</param>
public sealed record AdminError(string Error, string? Parameter, string? Value, ImmutableArray<string> Allowed);

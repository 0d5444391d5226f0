namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// A result or a failure as a value, so that a reply nobody waits for any more is not an unobserved exception.
/// </summary>
internal readonly record struct Reply<T>(T? Result, OvsdbException? Failure)
{
    internal T OrThrow() => Failure is null ? Result! : throw Failure;
}

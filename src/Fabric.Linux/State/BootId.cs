namespace Fabric.Linux.State;

/// <summary>Identifies one run of the kernel: differs after every boot (random(4), proc_sys_kernel(5)).</summary>
/// <remarks>Network namespaces, links and flows of another boot no longer exist.</remarks>
public readonly record struct BootId(Guid Value)
{
    /// <summary>Reads that of the running kernel.</summary>
    /// <exception cref="SystemCallException">/proc is not mounted.</exception>
    public static BootId Read() => new(Guid.Parse(Sysctl.Read("kernel/random/boot_id")));

    /// <summary>The form the kernel prints.</summary>
    public override string ToString() => Value.ToString("D");
}

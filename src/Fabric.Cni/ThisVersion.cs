using System.Reflection;

namespace Fabric.Cni;

/// <summary>The product's version, for the usage text alone: reading the attribute is too slow for any other
/// path.</summary>
internal static class ThisVersion
{
    public static string Text =>
        typeof(ThisVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}

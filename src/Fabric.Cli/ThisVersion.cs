using System.Reflection;

namespace Fabric.Cli;

internal static class ThisVersion
{
    public static string Text =>
        typeof(ThisVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}

using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>Which MAC addresses a pod may ask for.</summary>
internal static class MacRule
{
    public const string Text = "a unicast MAC address like 02:00:00:00:00:01";

    public static bool TryParse(string text, out MacAddress mac) =>
        MacAddress.TryParse(text, null, out mac) && !mac.IsMulticast && mac.Bits != 0;
}

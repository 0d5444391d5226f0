namespace Fabric.Demo;

/// <summary>How to look around in a demo that was kept.</summary>
internal static class Guide
{
    public static void Write(Report report, IReadOnlyList<Pod> pods)
    {
        report.Line($"""

            Still running. To look around, as root:

              export FABRIC_ADMIN_SOCKET={Places.Folder}/node-a/admin.sock PATH=$PATH:{Places.Binaries}
              fabric status                                    # the node; also members, mesh, ports, ips, flows
              fabric events --pod demo/a-1                     # all that happened to a pod
              fabric events --follow                           # what happens from now on
              ip netns exec {Places.Prefix}a-1 ping {pods[^2].Address}     # from pod a-1 to pod {pods[^2].Name}; or bash instead of ping
              ip netns exec {Places.Prefix}a ip route              # the node itself
              ovs-vsctl --db=unix:{Places.Folder}/node-a/ovs/db.sock show
              OVS_RUNDIR={Places.Folder}/node-a/ovs ovs-ofctl dump-flows br-fabric
              tail -f {Places.Folder}/node-a/agent.log

            make down   removes it all
            """);
    }
}
